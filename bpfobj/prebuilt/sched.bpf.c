// SPDX-License-Identifier: GPL-2.0

//go:build ignore

/*
 * kptr_hint: a sched_ext scheduler that knows what programs are about, from hints
 * in memory that they share with it (kptr_hint.h). It is meant to be read, and
 * to be the start of others.
 *
 * Without hints it is fair. Each task has a virtual time: the CPU time it has had,
 * divided by its weight. Whoever is furthest behind runs next, and who wakes up
 * preempts who is further ahead. Sleeping earns nothing. A hint moves a task
 * in that order, by a bounded amount:
 *
 *   background	 It waits in a queue of its own until nobody else wants the CPU, and
 *		 gives the CPU to whoever wakes up. When it has waited for STARVE_NS
 *		 it runs for SLICE_NS like the others.
 *   latency	 It counts as LATENCY_NS further behind than it is, once others have had
 *		 that long since it began to say so. CPU time is charged in full, so a
 *		 task that is busy has soon used that up.
 *   critical	 It is let be for CRITICAL_NS from when it is first in somebody's way,
 *		 and asked to yield. If that did not do, its word does not count
 *		 any more until it has been seen to be 0.
 *   weight	 It makes CPU time count for more, never for less.
 *
 * The words are read at each decision and may be anything: they choose between
 * branches each of which is fair enough. No loop depends on them, and nothing
 * they do makes the kernel's watchdog (timeout_ms below) see a task starve.
 *
 * Queues are shared by all CPUs, which is right for a few dozen.
 *
 * The loader fills in the constants __SCX_*, by name, and takes each kfunc by the
 * name that the running kernel has: X___v2 is X where there is no X___v2 yet. What a
 * v2 has in addition, a result or a last argument, is not used.
 */
#include "bpf.h"
#include "kptr_hint.h"

typedef _Bool bool;

#define NSEC_PER_MSEC 1000000ULL

/* The kernel looks whether a slice is over at its ticks: each 4 ms with CONFIG_HZ=250. */
#define SLICE_NS (1 * NSEC_PER_MSEC)
#define STARVE_NS (20 * NSEC_PER_MSEC)
#define LATENCY_NS (10 * NSEC_PER_MSEC)
#define CRITICAL_NS (1 * NSEC_PER_MSEC)
/* Whoever is ahead, by its weight or otherwise, waits for about this long at most. */
#define LEAD_NS (1000 * NSEC_PER_MSEC)

/* How many CPUs besides its own a wake-up looks at for a task that makes way. */
#define LOOK 4
/* How many of the background's queue are looked at when a CPU chooses a task. */
#define PROMOTE 4

#define WEIGHT_DFL 100 /* of nice 0: CGROUP_WEIGHT_DFL, include/linux/cgroup.h */
#define ENOMEM 12

/* The queues. Numbers below 1 << 63 are a scheduler's own (enum scx_dsq_id_flags). */
enum { NORMAL, BACKGROUND };

/* Of the kernel's types, what is used. Accesses are relocated by name. */
struct cpumask;
struct sched_ext_entity {
	__u64 slice;
	__u64 dsq_vtime;
	__u32 flags;
	__u32 weight;
} __core;
struct task_struct___scx {
	pid_t pid;
	struct task_struct *group_leader;
	const struct cpumask *cpus_ptr;
	struct sched_ext_entity scx;
} __core;
struct rq {
	struct task_struct *curr;
} __core;
enum scx_exit_kind { SCX_EXIT_NONE };
struct scx_exit_info {
	enum scx_exit_kind kind;
	__s64 exit_code;
	const char *reason;
	char *msg;
} __core;
struct bpf_iter_scx_dsq {
	__u64 opaque[6];
} __attribute__((aligned(8)));

const volatile __u64 __SCX_DSQ_LOCAL __weak;
const volatile __u64 __SCX_ENQ_WAKEUP __weak;
const volatile __u64 __SCX_ENQ_PREEMPT __weak;
const volatile __u64 __SCX_ENQ_HEAD __weak;
const volatile __u64 __SCX_KICK_IDLE __weak;
const volatile __u64 __SCX_KICK_PREEMPT __weak;
const volatile __u64 __SCX_TASK_QUEUED __weak;

/* Whether hints are looked at at all. */
const volatile bool hints_on = 1;

extern __s32 scx_bpf_create_dsq(__u64 dsq_id, __s32 node) __ksym;
extern void scx_bpf_dsq_insert___v2(struct task_struct *p, __u64 dsq_id, __u64 slice, __u64 enq_flags) __ksym;
extern void scx_bpf_dsq_insert_vtime(struct task_struct *p, __u64 dsq_id, __u64 slice, __u64 vtime, __u64 enq_flags) __ksym;
extern bool scx_bpf_dsq_move_to_local___v2(__u64 dsq_id, __u64 enq_flags) __ksym;
extern bool scx_bpf_dsq_move_vtime(struct bpf_iter_scx_dsq *it, struct task_struct *p, __u64 dsq_id, __u64 enq_flags) __ksym;
extern __s32 scx_bpf_dsq_nr_queued(__u64 dsq_id) __ksym;
extern __s32 scx_bpf_task_cpu(const struct task_struct *p) __ksym;
extern __u32 scx_bpf_nr_cpu_ids(void) __ksym;
extern bool bpf_cpumask_test_cpu(__u32 cpu, const struct cpumask *mask) __ksym;
extern __s32 scx_bpf_pick_idle_cpu(const struct cpumask *allowed, __u64 flags) __ksym;
extern void scx_bpf_kick_cpu(__s32 cpu, __u64 flags) __ksym;
extern struct task_struct *scx_bpf_cpu_curr(__s32 cpu) __ksym __weak;
extern struct rq *scx_bpf_cpu_rq(__s32 cpu) __ksym __weak;
extern bool scx_bpf_task_set_slice(struct task_struct *p, __u64 slice) __ksym __weak;
extern int bpf_iter_scx_dsq_new(struct bpf_iter_scx_dsq *it, __u64 dsq_id, __u64 flags) __ksym;
extern struct task_struct *bpf_iter_scx_dsq_next(struct bpf_iter_scx_dsq *it) __ksym;
extern void bpf_iter_scx_dsq_destroy(struct bpf_iter_scx_dsq *it) __ksym;

KPTR_HINT_MAPS;

/* What the scheduler remembers of a task. */
struct task_ctx {
	__u64 vtime;	 /* ns of CPU time at weight 100 */
	__u64 charged;	 /* until when the CPU time is in vtime, while it runs; else 0 */
	__u64 next;	 /* key of the one that has preempted it and will run as soon as it stops; 0: nobody has */
	__u64 queued_at; /* in BACKGROUND */
	__u64 due;	 /* ns of CPU time that it has in the foreground, since it has waited for STARVE_NS */
	__u64 asked;	 /* when it was first asked to yield, since its critical word was last seen to be 0; 0: it was not */
	bool queued;	 /* it came by enqueue since it ran last */
	bool jumped;	 /* it has preempted somebody and is yet to run: others may be further behind */
	bool let_be;	 /* it was let be, and asked to yield, since it runs */
	__u64 bonus;	 /* LATENCY_NS or 0, and */
	__u64 weight;	 /* 1 to 10000, as of when it was last queued, or ticked */
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct task_ctx);
} tasks SEC(".maps");

/* Decisions that a hint has changed, since the scheduler was loaded. */
struct {
	__u64 background_queued;    /* put into the queue of the background */
	__u64 background_preempted; /* by a wake-up */
	__u64 background_due;	    /* taken out of that queue: after STARVE_NS, or since the word was taken back */
	__u64 critical_spared;	    /* not preempted by a wake-up */
	__u64 critical_extended;    /* not preempted at the end of the slice */
	__u64 critical_expired;	    /* preempted all the same, after CRITICAL_NS */
	__u64 latency_first;	    /* preempted another, and would not have without the hint */
	__u64 weight_lowered;	    /* queued, or ticked, with less weight than the nice value gives */
} stats;

/* Why the scheduler is not in charge any more: see struct scx_exit_info of the kernel. */
struct {
	__s32 kind; /* enum scx_exit_kind; stored last. 0: it is in charge, or was not yet */
	__s64 code;
	char reason[128];
	char message[1024];
} exit_info;

/* The key of whoever was chosen from a queue last: it only grows. */
static __u64 vtime_now;

static __u64 (*const bpf_ktime_get_ns)(void) = (void *)5;
static long (*const bpf_probe_read_kernel_str)(void *dst, __u32 size, const void *from) = (void *)115;

#define COUNT(what) __sync_fetch_and_add(&stats.what, 1)

static __always_inline struct task_struct___scx *of(struct task_struct *p)
{
	return (struct task_struct___scx *)p;
}

static __always_inline struct task_ctx *context(struct task_struct *p)
{
	return bpf_task_storage_get(&tasks, p, NULL, 0);
}

/* Where a task stands in a queue: behind all with a lower key. Keys wrap around. */
static __always_inline __u64 key_of(struct task_ctx *t)
{
	return t->vtime - t->bonus;
}

static __always_inline bool before(__u64 a, __u64 b)
{
	return (__s64)(a - b) < 0;
}

static __always_inline __u64 later(__u64 a, __u64 b)
{
	return before(a, b) ? b : a;
}

/* ---------------------------------------------------------------- hints */

static __always_inline struct kptr_hint *filled(struct task_struct *p)
{
	struct kptr_hint_value *v = bpf_task_storage_get(&kptr_hint, p, NULL, 0);
	struct kptr_hint *h = v ? v->hint : NULL;

	return h && h->version ? h : NULL;
}

/* The process's garbage collector marks. */
static __always_inline bool marking(struct task_struct *leader)
{
	struct kptr_gc_value *v = bpf_task_storage_get(&kptr_gc, leader, NULL, 0);
	struct kptr_gc *gc = v ? v->gc : NULL;

	return gc && gc->marking;
}

/*
 * The block that speaks for a task: its own, or else that of its process, whose
 * collector counts too then.
 */
static __always_inline struct kptr_hint *hint_of(struct task_struct *p, bool *background)
{
	struct task_struct *leader = of(p)->group_leader;
	struct kptr_hint *h;

	*background = 0;
	if (!hints_on)
		return NULL;
	h = filled(p);
	if (leader && (!h || leader == p)) {
		*background = marking(leader);
		if (leader != p)
			h = filled(leader);
	}
	if (h && KPTR_HINT(h, background))
		*background = 1;
	return h;
}

/*
 * Takes over what a task's words say about the time until it is queued again. Who has not said before
 * that it is latency-sensitive has used up what that is worth: or else threads that follow one
 * another, each of them new, would always be first.
 */
static __always_inline void take(struct task_struct *p, struct task_ctx *t, struct kptr_hint *h)
{
	__u32 nice = of(p)->scx.weight, weight = h ? KPTR_HINT(h, weight) : 0;
	bool latency = h && KPTR_HINT(h, latency);

	t->weight = nice ? nice : WEIGHT_DFL;
	if (weight && weight < t->weight) {
		t->weight = weight;
		COUNT(weight_lowered);
	}
	if (latency && !t->bonus)
		t->vtime = later(t->vtime, vtime_now + SLICE_NS + LATENCY_NS);
	t->bonus = latency ? LATENCY_NS : 0;
}

/* Whether a task says that it is in a critical section. It is read once for a decision: it may change in between. */
static __always_inline bool is_critical(struct task_ctx *t, struct kptr_hint *h)
{
	if (h && KPTR_HINT(h, critical))
		return 1;
	t->asked = 0;
	return 0;
}

/* Whether to let a running task be that says so. */
static __always_inline bool spared(struct task_ctx *t, struct kptr_hint *h, bool critical, __u64 now)
{
	if (!critical || !h)
		return 0;
	if (!t->asked)
		t->asked = now;
	if (now - t->asked > CRITICAL_NS) {
		COUNT(critical_expired);
		return 0;
	}
	t->let_be = 1;
	h->yield = 1;
	return 1;
}

/* --------------------------------------------------------- virtual time */

/* It has none before it was queued for the first time. */
static __always_inline __u64 weight_of(struct task_ctx *t)
{
	return t->weight ? t->weight : WEIGHT_DFL;
}

/*
 * The virtual time of a running task as of now. Who has a CPU is not behind: it could
 * not get more where CPUs run at their own pace.
 */
static __always_inline __u64 vtime_of(struct task_ctx *t, __u64 now)
{
	return later(t->vtime + (now - t->charged) * WEIGHT_DFL / weight_of(t), vtime_now);
}

static __always_inline void charge(struct task_ctx *t, __u64 now)
{
	__u64 ran = now - t->charged;

	t->vtime += ran * WEIGHT_DFL / weight_of(t);
	t->charged = now;
	t->due = t->due > ran ? t->due - ran : 0;
}

/* Keeps a task within bounds as it is queued. One that was not waiting for the CPU claims nothing for that time. */
static __always_inline void settle(struct task_ctx *t, bool waited)
{
	__u64 least = vtime_now, most = least + t->bonus + SLICE_NS;

	if (!waited)
		t->vtime = later(t->vtime, least);
	if (!before(most, t->vtime))
		return; /* without asking how many are queued */
	most += LEAD_NS / (scx_bpf_dsq_nr_queued(NORMAL) + 1);
	if (before(most, t->vtime))
		t->vtime = most;
}

static __always_inline void advance(__u64 key)
{
	vtime_now = later(vtime_now, key);
}

/* Kernels that have the kfunc warn of the store. */
static __always_inline void set_slice(struct task_struct *p, __u64 slice)
{
	if (scx_bpf_task_set_slice)
		scx_bpf_task_set_slice(p, slice);
	else
		of(p)->scx.slice = slice;
}

/* -------------------------------------------------------------- wake-up */

static __always_inline struct task_struct *running_on(__s32 cpu)
{
	struct rq *rq;

	if (scx_bpf_cpu_curr) /* since 6.18 */
		return scx_bpf_cpu_curr(cpu);
	if (!scx_bpf_cpu_rq)
		return NULL;
	rq = scx_bpf_cpu_rq(cpu);
	return rq ? rq->curr : NULL;
}

/*
 * Whether the task that has a CPU makes way for one that wakes up: as long as it is in the background, and
 * also if it is further ahead, where that counts. kept_off is set if a critical section alone is in the way.
 */
static __always_inline bool makes_way(struct task_struct *curr, struct task_ctx *c, struct task_ctx *t, bool ahead_counts, bool *kept_off)
{
	__u64 now = bpf_ktime_get_ns(), vtime = vtime_of(c, now) - c->bonus;
	bool background;
	struct kptr_hint *h = hint_of(curr, &background);

	background = background && !c->due;
	if (!background && (!ahead_counts || before(vtime, key_of(t))))
		return 0;
	if (spared(c, h, is_critical(c, h), now)) {
		COUNT(critical_spared);
		*kept_off = 1;
		return 0;
	}
	if (background)
		COUNT(background_preempted);
	else if (before(vtime, t->vtime))
		COUNT(latency_first);
	return 1;
}

/* Whether a task that wakes up takes its CPU at once. */
static __always_inline bool preempts(struct task_ctx *t, __s32 cpu, bool *kept_off)
{
	struct task_struct *curr = running_on(cpu);
	struct task_ctx *c = curr ? context(curr) : NULL;

	if (!c || !c->charged)
		return 0; /* it is of another class, or the CPU is about to choose */
	/* If somebody has, in the same interrupt: the kernel runs those in the order given by SCX_ENQ_HEAD. */
	if (c->next ? !before(key_of(t), c->next) : !makes_way(curr, c, t, 1, kept_off))
		return 0;
	c->next = key_of(t);
	return 1;
}

/* Has another CPU choose anew whose task makes way, if there is one near. */
static __always_inline void look_around(struct task_struct *p, struct task_ctx *t, bool ahead_counts, __u32 cpu)
{
	__u32 n = scx_bpf_nr_cpu_ids(), i;
	bool kept_off;

	for (i = 0; i < LOOK && i + 1 < n; i++) {
		struct task_struct *curr;
		struct task_ctx *c;

		cpu = cpu + 1 < n ? cpu + 1 : 0;
		if (!bpf_cpumask_test_cpu(cpu, of(p)->cpus_ptr))
			continue;
		curr = running_on(cpu);
		c = curr ? context(curr) : NULL;
		if (c && c->charged && !c->next && makes_way(curr, c, t, ahead_counts, &kept_off)) {
			scx_bpf_kick_cpu(cpu, __SCX_KICK_PREEMPT);
			return;
		}
	}
}

/*
 * There is no select_cpu, which saves a program at each wake-up: the kernel looks for
 * an idle CPU itself then, and lets the task run there with a slice of SCX_SLICE_DFL,
 * without asking enqueue. See kptr_running and kptr_tick.
 */
SEC("struct_ops/enqueue")
void kptr_enqueue(__u64 *ctx)
{
	struct task_struct *p = (struct task_struct *)ctx[0];
	__u64 enq_flags = ctx[1];
	bool wakes = enq_flags & __SCX_ENQ_WAKEUP, background, kept_off = 0;
	struct task_ctx *t = context(p);
	struct kptr_hint *h;
	__s32 own, idle;

	if (!t) {
		scx_bpf_dsq_insert___v2(p, __SCX_DSQ_LOCAL, SLICE_NS, enq_flags);
		return;
	}
	h = hint_of(p, &background);
	background = background && !t->due;
	t->queued = 1;
	take(p, t, h);
	is_critical(t, h);
	settle(t, !wakes && !background);
	own = scx_bpf_task_cpu(p);
	if (wakes && !background && preempts(t, own, &kept_off)) {
		t->jumped = 1;
		scx_bpf_dsq_insert___v2(p, __SCX_DSQ_LOCAL, SLICE_NS, enq_flags | __SCX_ENQ_PREEMPT | __SCX_ENQ_HEAD);
		return;
	}
	if (background) {
		COUNT(background_queued);
		t->queued_at = bpf_ktime_get_ns();
	}
	scx_bpf_dsq_insert_vtime(p, background ? BACKGROUND : NORMAL, SLICE_NS, key_of(t), enq_flags);
	idle = scx_bpf_pick_idle_cpu(of(p)->cpus_ptr, 0);
	if (idle >= 0)
		scx_bpf_kick_cpu(idle, __SCX_KICK_IDLE);
	else if (hints_on && wakes && !background)
		look_around(p, t, kept_off, own);
}

/* ------------------------------------------------------------- dispatch */

/* Moves those to the others who have waited in the background for too long, or are not of it any more. */
static __always_inline void promote(void)
{
	struct bpf_iter_scx_dsq it;
	struct task_struct *p;
	__u64 now;
	int i;

	if (!scx_bpf_dsq_nr_queued(BACKGROUND))
		return;
	now = bpf_ktime_get_ns();
	if (!bpf_iter_scx_dsq_new(&it, BACKGROUND, 0)) {
		for (i = 0; i < PROMOTE && (p = bpf_iter_scx_dsq_next(&it)); i++) {
			struct task_ctx *t = context(p);
			bool background;

			if (!t)
				continue;
			hint_of(p, &background);
			if (now - t->queued_at > STARVE_NS)
				t->due = SLICE_NS;
			else if (background)
				continue;
			COUNT(background_due);
			scx_bpf_dsq_move_vtime(&it, p, NORMAL, 0);
		}
	}
	bpf_iter_scx_dsq_destroy(&it);
}

/* Whether somebody in a queue is not ahead of a key. */
static __always_inline bool has_rival(__u64 dsq, __u64 key)
{
	struct bpf_iter_scx_dsq it;
	struct task_struct *first;
	bool has = 0;

	if (!scx_bpf_dsq_nr_queued(dsq))
		return 0;
	if (!bpf_iter_scx_dsq_new(&it, dsq, 0)) {
		first = bpf_iter_scx_dsq_next(&it);
		has = first && !before(key, of(first)->scx.dsq_vtime);
	}
	bpf_iter_scx_dsq_destroy(&it);
	return has;
}

SEC("struct_ops/dispatch")
void kptr_dispatch(__u64 *ctx)
{
	struct task_struct *prev = (struct task_struct *)ctx[1];
	struct task_ctx *t = NULL;
	bool background;

	promote();
	if (prev && (of(prev)->scx.flags & __SCX_TASK_QUEUED))
		t = context(prev);
	if (!t || !t->charged) {
		if (!scx_bpf_dsq_move_to_local___v2(NORMAL, 0))
			scx_bpf_dsq_move_to_local___v2(BACKGROUND, 0);
		return;
	}
	/* The task that had the CPU wants it still. It is in no queue. */
	charge(t, bpf_ktime_get_ns());
	t->vtime = later(t->vtime, vtime_now); /* as in vtime_of */
	hint_of(prev, &background);
	background = background && !t->due;
	if ((background || has_rival(NORMAL, key_of(t))) && scx_bpf_dsq_move_to_local___v2(NORMAL, 0))
		return;
	if (background && has_rival(BACKGROUND, key_of(t)) && scx_bpf_dsq_move_to_local___v2(BACKGROUND, 0))
		return;
	advance(key_of(t));
	t->next = 0;
	set_slice(prev, SLICE_NS);
}

/* --------------------------------------------------------- while it runs */

SEC("struct_ops/running")
void kptr_running(__u64 *ctx)
{
	struct task_ctx *t = context((struct task_struct *)ctx[0]);

	if (!t)
		return;
	if (!t->queued) /* the kernel gave it an idle CPU */
		settle(t, 0);
	t->queued = 0;
	t->charged = bpf_ktime_get_ns();
	t->next = 0;
	t->let_be = 0;
	if (!t->jumped)
		advance(key_of(t));
	t->jumped = 0;
}

SEC("struct_ops/stopping")
void kptr_stopping(__u64 *ctx)
{
	struct task_ctx *t = context((struct task_struct *)ctx[0]);

	if (!t || !t->charged)
		return;
	charge(t, bpf_ktime_get_ns());
	t->charged = 0;
}

/* At the end of its slice, as scx.slice says by now, a task is preempted after this. */
SEC("struct_ops/tick")
void kptr_tick(__u64 *ctx)
{
	struct task_struct *p = (struct task_struct *)ctx[0];
	struct task_ctx *t = context(p);
	struct kptr_hint *h;
	bool background, critical;
	__u64 now;

	if (!t || !t->charged)
		return;
	h = hint_of(p, &background);
	now = bpf_ktime_get_ns();
	charge(t, now);
	take(p, t, h);
	critical = is_critical(t, h);
	if (of(p)->scx.slice > SLICE_NS) /* SCX_SLICE_DFL, with the CPU that was idle */
		set_slice(p, SLICE_NS);
	if (of(p)->scx.slice || !(scx_bpf_dsq_nr_queued(NORMAL) + scx_bpf_dsq_nr_queued(BACKGROUND)))
		return;
	if (spared(t, h, critical, now)) {
		COUNT(critical_extended);
		set_slice(p, 1); /* until the next tick */
	}
}

/*
 * sched_yield(2) lets those go first who are no further ahead than by a slice, and that
 * costs nothing if it was asked for. Yielding again and again costs no more than once.
 */
SEC("struct_ops/yield")
bool kptr_yield(__u64 *ctx)
{
	struct task_struct *p = (struct task_struct *)ctx[0];
	struct task_ctx *t = context(p);

	if (ctx[1])
		return 0; /* yield_to(), which would name who is to run */
	if (t && !t->let_be)
		t->vtime = later(t->vtime, vtime_now + SLICE_NS);
	set_slice(p, 0);
	return 0;
}

/* ------------------------------------------------------ coming and going */

SEC("struct_ops.s/init_task")
__s32 kptr_init_task(__u64 *ctx)
{
	struct task_struct *p = (struct task_struct *)ctx[0];

	return bpf_task_storage_get(&tasks, p, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE) ? 0 : -ENOMEM;
}

SEC("struct_ops/enable")
void kptr_enable(__u64 *ctx)
{
	struct task_ctx *t = context((struct task_struct *)ctx[0]);
	struct task_ctx *parent = context(bpf_get_current_task_btf());

	if (!t)
		return;
	/* Behind those who were there before, and its parent: to go on as another gains nothing. */
	t->vtime = vtime_now + SLICE_NS;
	if (parent && parent->charged)
		t->vtime = later(t->vtime, vtime_of(parent, bpf_ktime_get_ns()));
}

/* The kernel throws out a scheduler without these when a CPU comes or goes. */
SEC("struct_ops/cpu_online")
void kptr_cpu_online(__u64 *ctx)
{
}

SEC("struct_ops/cpu_offline")
void kptr_cpu_offline(__u64 *ctx)
{
}

SEC("struct_ops.s/init")
__s32 kptr_init(__u64 *ctx)
{
	__s32 err = scx_bpf_create_dsq(NORMAL, -1);

	return err ? err : scx_bpf_create_dsq(BACKGROUND, -1);
}

SEC("struct_ops/exit")
void kptr_exit(__u64 *ctx)
{
	struct scx_exit_info *info = (struct scx_exit_info *)ctx[0];

	exit_info.code = info->exit_code;
	bpf_probe_read_kernel_str(exit_info.reason, sizeof(exit_info.reason), info->reason);
	bpf_probe_read_kernel_str(exit_info.message, sizeof(exit_info.message), info->msg);
	exit_info.kind = info->kind;
}

/*
 * The elements of a program outlive its execve(2), on pages of the memory that is gone. One
 * that another process has registered, in its own memory, is as good as before.
 */
SEC("tp_btf/sched_process_exec")
int on_exec(void *ctx)
{
	struct task_struct *p = bpf_get_current_task_btf();
	struct kptr_hint *h = filled(p);

	if (!h || !KPTR_HINT(h, keep))
		bpf_task_storage_delete(&kptr_hint, p);
	bpf_task_storage_delete(&kptr_gc, p);
	return 0;
}

struct sched_ext_ops {
	char name[128];
	__u32 timeout_ms;
	__u64 hotplug_seq; /* set by the loader */
	__u64 flags;
	void *enqueue;
	void *dispatch;
	void *running;
	void *stopping;
	void *tick;
	void *yield;
	void *init_task;
	void *enable;
	void *cpu_online;
	void *cpu_offline;
	void *init;
	void *exit;
};

SEC(".struct_ops.link")
struct sched_ext_ops kptr_sched = {
	.name = "kptr_hint",
	.timeout_ms = 10000,
	.enqueue = (void *)kptr_enqueue,
	.dispatch = (void *)kptr_dispatch,
	.running = (void *)kptr_running,
	.stopping = (void *)kptr_stopping,
	.tick = (void *)kptr_tick,
	.yield = (void *)kptr_yield,
	.init_task = (void *)kptr_init_task,
	.enable = (void *)kptr_enable,
	.cpu_online = (void *)kptr_cpu_online,
	.cpu_offline = (void *)kptr_cpu_offline,
	.init = (void *)kptr_init,
	.exit = (void *)kptr_exit,
};

char _license[] SEC("license") = "GPL";
