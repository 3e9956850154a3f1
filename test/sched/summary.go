package main

import (
	"slices"

	"kptr/test/sched/measure"
)

// summary is one workload under one scheduler in one form, of all boots.
type summary struct {
	form, workload, scheduler string
	boots                     []measure.Result
}

// summaries are in the order of forms, workloads and schedulers.
type summaries []*summary

func summarize(outcomes []*outcome) summaries {
	var all summaries
	for _, f := range forms {
		for _, w := range workloads {
			for _, s := range schedulers {
				sum := &summary{form: f.name, workload: w, scheduler: s}
				for _, o := range outcomes {
					if o.form.name == f.name {
						sum.boots = append(sum.boots, o.results(w, s)...)
					}
				}
				if len(sum.boots) > 0 {
					all = append(all, sum)
				}
			}
		}
	}
	return all
}

func (o *outcome) results(workload, scheduler string) []measure.Result {
	return slices.DeleteFunc(slices.Clone(o.report.Results), func(r measure.Result) bool {
		return r.Workload != workload || r.Scheduler != scheduler
	})
}

// find gives nil where there is none.
func (all summaries) find(form, workload, scheduler string) *summary {
	for _, s := range all {
		if s.form == form && s.workload == workload && s.scheduler == scheduler {
			return s
		}
	}
	return nil
}

// metric gives a figure of one boot.
type metric func(measure.Result) float64

// quantile is in microseconds.
func quantile(q float64) metric {
	return func(r measure.Result) float64 { return float64(r.Latency.Quantile(q).Nanoseconds()) / 1000 }
}

func count(name string) metric {
	return func(r measure.Result) float64 { return r.Counts[name] }
}

// values are those of the boots, in ascending order.
func (s *summary) values(m metric) []float64 {
	values := make([]float64, 0, len(s.boots))
	for _, r := range s.boots {
		values = append(values, m(r))
	}
	slices.Sort(values)
	return values
}

// median is that of the boots; of an even number, the mean of the two in the middle.
func (s *summary) median(m metric) float64 {
	v := s.values(m)
	half := len(v) / 2
	if len(v)%2 == 1 {
		return v[half]
	}
	return (v[half-1] + v[half]) / 2
}

func (s *summary) sum(m metric) float64 {
	sum := 0.0
	for _, v := range s.values(m) {
		sum += v
	}
	return sum
}

// latency is that of all boots together.
func (s *summary) latency() measure.Histogram {
	h := make(measure.Histogram)
	for _, r := range s.boots {
		h.Merge(r.Latency)
	}
	return h
}
