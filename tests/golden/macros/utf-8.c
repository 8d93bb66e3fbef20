#define été 1
int été, naïve = été; char *s = "€";
