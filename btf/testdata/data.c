// No code, so no .BTF.ext of use.
int number = 1;
