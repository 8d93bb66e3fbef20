#define depth 7
#define nest(n) nest(depth + [n])
#undef depth
#define depth 9
#define alias nest
#define self self.member
#define half alias(<
#define apply(m) m(pair)
#define pair left, right
#define same(n) n
#define none() void
#define glue(a, b) a ## b
nest(one) - nest(nest(self)); same(same(alias)(two) * same)(three);
alias(depth (5, 6) four) half 8) | apply
(nest) ^ apply(apply);
none() t[same()] = { same(1), glue(2, 3), glue(4,), glue(, 5), glue(, ) };
