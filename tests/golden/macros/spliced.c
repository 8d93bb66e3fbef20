int ab\
cd; char *s = "x\
y"; #
#define a\
b 1
ab
