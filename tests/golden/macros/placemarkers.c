#define three(a, b, c) a ## b ## c
int all[] = { three(1, 2, 3), three(, 2, 3), three(1, , 3), three(1, 2, ), three(1, , ),
  three(, 2, ), three(, , 3), three(, , ) };
