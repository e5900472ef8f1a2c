/* The peer of the fused copy: the layers as a network stack has them, each a pass of its own over the bytes. */

#include <stdint.h>
#include <string.h>

/* RFC 1071, on the machine's own halfwords: the sum does not care which way round they are, so it is turned once. */
__attribute__((noinline)) uint32_t checksum(const uint8_t *bytes, uint32_t count)
{
    uint32_t sum = 0, at;
    for (at = 0; at + 2 <= count; at += 2) {
        uint16_t word;
        memcpy(&word, bytes + at, 2);
        sum += word;
    }
    if (at < count)
        sum += bytes[at];
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return __builtin_bswap16((uint16_t)sum);
}

__attribute__((noinline)) void swap32(uint8_t *bytes, uint32_t count)
{
    for (uint32_t at = 0; at + 4 <= count; at += 4) {
        uint32_t word;
        memcpy(&word, bytes + at, 4);
        word = __builtin_bswap32(word);
        memcpy(bytes + at, &word, 4);
    }
}

/* The handler ABI: the first region takes the bytes, the second the checksum. */
uint32_t separate_passes(const uint8_t *packet, uint32_t length, uint32_t wire_length, uint8_t *const *lease)
{
    (void)wire_length;
    uint32_t *sum = (uint32_t *)lease[2];
    memcpy(lease[1], packet, length);
    *sum = checksum(lease[1], length);
    swap32(lease[1], length);
    return 1;
}

/* What a programmer who gives up the layers writes. */
uint32_t one_pass(const uint8_t *restrict packet, uint32_t length, uint32_t wire_length, uint8_t *const *lease)
{
    (void)wire_length;
    uint8_t *restrict to = lease[1];
    uint32_t *result = (uint32_t *)lease[2], sum = 0, at;
    for (at = 0; at + 4 <= length; at += 4) {
        uint32_t word;
        memcpy(&word, packet + at, 4);
        sum += (word & 0xffff) + (word >> 16);
        word = __builtin_bswap32(word);
        memcpy(to + at, &word, 4);
    }
    uint8_t rest[4] = {0};
    uint16_t half[2];
    memcpy(rest, packet + at, length - at);
    memcpy(half, rest, 4);
    sum += half[0] + half[1];
    for (uint32_t byte = 0; byte < length - at; byte++)
        to[at + byte] = rest[3 - byte];
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    *result = __builtin_bswap16((uint16_t)sum);
    return 1;
}
