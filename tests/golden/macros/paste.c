#define two_hashes # ## #
#define quote(text) # text
#define quote_expanded(text) quote(text)
#define both(l, r) quote_expanded(l two_hashes r)
const char *s = both(left, right);
#define cat(a, b) a ## b
#define cat_expanded(a, b) cat(a, b)
#define NAMEPART "never"
#define PART PART "ever"
cat(NAME, PART); cat_expanded(NAME, PART)
