int l = __LINE__, c = __COUNTER__; char *f = __FILE__;
#define L __LINE__

L L
