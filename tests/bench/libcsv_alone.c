/* libcsv_alone: what libcsv needs to parse a file when nothing is done with the fields: the yardstick of the reader.
 *
 *     libcsv_alone FILE         prints rows and fields
 *
 * 256 KB a piece; larger ones are no faster. */
#include <csv.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { PIECE = 256 * 1024 };

struct counts {
    unsigned long long fields;
    unsigned long long rows;
};

static void field(void *bytes, size_t length, void *context) {
    (void)bytes;
    (void)length;
    struct counts *counts = context;
    counts->fields++;
}

static void row(int terminator, void *context) {
    (void)terminator;
    struct counts *counts = context;
    counts->rows++;
}

static int parse(int file, struct csv_parser *parser, struct counts *counts) {
    static char piece[PIECE];
    ssize_t got;
    while ((got = read(file, piece, sizeof piece)) > 0)
        if (csv_parse(parser, piece, (size_t)got, field, row, counts) != (size_t)got)
            return 3;
    if (got < 0 || csv_fini(parser, field, row, counts) != 0)
        return 4;
    return 0;
}

int main(int argc, char **argv) {
    struct csv_parser parser;
    int file = argc == 2 ? open(argv[1], O_RDONLY) : -1;
    if (file < 0 || csv_init(&parser, 0) != 0) {
        fprintf(stderr, "usage: libcsv_alone FILE\n");
        return 2;
    }
    struct counts counts = {0};
    int status = parse(file, &parser, &counts);
    csv_free(&parser);
    close(file);
    printf("%llu rows, %llu fields\n", counts.rows, counts.fields);
    return status;
}
