#define L l
#define u8 u
L'a' L"b" u8"c" L u8 u'd' U"e" R
