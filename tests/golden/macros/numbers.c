#define e 1
#define x2 2
0xe+x2 1e+1 .5e 1.x2 e+e
