#define LONG(a, \
  b) a \
 + b
LONG(1,
  2) LONG /* c */ ( // d
 3
 ,
 4)
