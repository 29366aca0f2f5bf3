/* inflate_alone: what zlib needs to inflate a file when nothing is done with the bytes: the yardstick of .gz input.
 *
 *     inflate_alone FILE.gz     prints the number of bytes
 *
 * 1 MB out, which measured faster than smaller buffers. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

enum { IN = 256 * 1024, OUT = 1024 * 1024 };

/* Inflates what is in the input buffer, over the borders of gzip members. */
static int inflate_piece(z_stream *stream, unsigned char *out, unsigned long long *bytes) {
    int result = Z_OK;
    do {
        stream->next_out = out;
        stream->avail_out = OUT;
        result = inflate(stream, Z_NO_FLUSH);
        *bytes += OUT - stream->avail_out;
        if (result == Z_STREAM_END && inflateReset(stream) != Z_OK)
            return Z_STREAM_ERROR;
    } while ((result == Z_OK || result == Z_STREAM_END) && (stream->avail_in > 0 || stream->avail_out == 0));
    return result == Z_BUF_ERROR ? Z_OK : result;
}

int main(int argc, char **argv) {
    static unsigned char in[IN], out[OUT];
    z_stream stream = {0};
    int file = argc == 2 ? open(argv[1], O_RDONLY) : -1;
    if (file < 0 || inflateInit2(&stream, 15 + 16) != Z_OK) {
        fprintf(stderr, "usage: inflate_alone FILE.gz\n");
        return 2;
    }
    unsigned long long bytes = 0;
    int result = Z_OK;
    ssize_t got = 0;
    while ((result == Z_OK || result == Z_STREAM_END) && (got = read(file, in, sizeof in)) > 0) {
        stream.next_in = in;
        stream.avail_in = (unsigned)got;
        result = inflate_piece(&stream, out, &bytes);
    }
    inflateEnd(&stream);
    close(file);
    printf("%llu bytes\n", bytes);
    return result == Z_STREAM_END && got == 0 ? 0 : 4;
}
