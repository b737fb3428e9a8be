/* builtin.c - configuration that comes with the program. */
#include "config/builtin.h"

const char builtin_starter[] =
    "[list starter]\n"
    "source = {data}/lists/starter\n"
    "format = ut1\n"
    "[policy default]\n"
    "block = category:adult, category:gambling, category:malware, \\\n"
    "        category:phishing, category:proxy-bypass\n";

/* The demo's own site is the only private address that may be reached. */
const char builtin_demo[] = "[proxy]\n"
                            "user =\n"
                            "workers = 1\n"
                            "[listen demo]\n"
                            "address = 127.0.0.1:3128\n"
                            "[origin]\n"
                            "allow-private = 127.0.0.1:3181\n"
                            "[page]\n"
                            "title = suzgi demo\n";
