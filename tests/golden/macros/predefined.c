int i = __CHAR_BIT__ + __SIZEOF_LONG__; __SIZE_TYPE__ n;
