/* Runs a fuzz target on files, as a plain program: on the target's corpus (tests/fuzz/corpus/NAME, by the name of the
 * program), or on the files that are named. Prints TAP. */
#include <dirent.h>

#include "tests/fuzz/fuzz.h"

static void run_file(const char *path) {
    static uint8_t bytes[1 << 20];
    FILE *file = fopen(path, "rb");
    claim(file != NULL, path);
    size_t length = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    /* A copy of exactly that size, so that a sanitizer sees a byte read behind it. */
    uint8_t *copy = malloc(length + 1);
    claim(copy != NULL, "memory");
    memcpy(copy + 1, bytes, length);
    LLVMFuzzerTestOneInput(copy + 1, length);
    free(copy);
}

static unsigned run_folder(const char *folder) {
    char path[4096];
    unsigned count = 0;
    DIR *files = opendir(folder);
    claim(files != NULL, folder);
    for (struct dirent *entry; (entry = readdir(files)) != NULL;) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        run_file(path);
        count++;
    }
    closedir(files);
    return count;
}

int main(int argc, char **argv) {
    const char *slash = strrchr(argv[0], '/');
    const char *name = slash == NULL ? argv[0] : slash + 1;
    char folder[256];
    snprintf(folder, sizeof folder, "tests/fuzz/corpus/%s", name);
    unsigned count = 0;
    for (int i = 1; i < argc; i++, count++)
        run_file(argv[i]);
    if (argc == 1)
        count = run_folder(folder);
    claim(count > 0, "there are inputs");
    printf("ok 1 - %s holds its claims on %u inputs\n1..1\n", name, count);
    return 0;
}
