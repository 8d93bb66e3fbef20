#define S(x) #x
#define XS(x) S(x)
#define N M
#define M 4.5e+3
S(N) XS(N) S( a  "q\"\\n" 'c' '"' ) XS(S(in)) S(@ \n) S()
