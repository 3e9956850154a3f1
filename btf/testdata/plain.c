// The smallest object: one program, no CO-RE relocation, no function of its own beside it.
__attribute__((section("raw_tp"), used)) int run(void *ctx)
{
	return 0;
}
