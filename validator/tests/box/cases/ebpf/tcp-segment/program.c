/* program.bpf is this, by
   clang -target bpf -mcpu=v2 -O2 -c program.c && llvm-objcopy -O binary --only-section=.text program.o program.bpf

   Looks into a TCP segment in an Ethernet frame, as a filter at the edge of a network does: whether the sums of both
   headers are right, which of some words the payload has, and a hash by which the flow is put into a bucket. The result
   is 0 for what is let through, otherwise a number by its lowest digit (1: not for us, 2: broken, 3: a word was found)
   and, before that, the bucket. */

typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long long u64;

#define INLINE static inline __attribute__((always_inline))

INLINE u32 be16(const u8 *at)
{
    return (u32)at[0] << 8 | at[1];
}

INLINE u64 sum(const u8 *at, u32 bytes)
{
    u64 total = 0;
    for (u32 i = 0; i + 1 < bytes; i += 2) {
        total += be16(at + i);
    }
    if (bytes & 1) {
        total += (u32)at[bytes - 1] << 8;
    }
    return total;
}

INLINE u32 folded(u64 total)
{
    total = (total & 0xffff) + (total >> 16);
    total = (total & 0xffff) + (total >> 16);
    return (u32)((total & 0xffff) + (total >> 16));
}

u64 filter(const u8 *frame)
{
    const u8 *ip = frame + 14;
    u32 type = be16(frame + 12);
    for (u32 tags = 0; tags < 2 && (type == 0x8100 || type == 0x88a8); tags++) {
        type = be16(ip + 2);
        ip += 4;
    }
    if (type != 0x0800 || ip[0] >> 4 != 4 || ip[9] != 6 || (be16(ip + 6) & 0x3fff) != 0) {
        return 1;
    }
    const u32 header = (ip[0] & 15) * 4, length = be16(ip + 2);
    if (header < 20 || length < header + 20 || length > 1500 || folded(sum(ip, header)) != 0xffff) {
        return 2;
    }
    const u8 *tcp = ip + header;
    const u32 segment = length - header, offset = (tcp[12] >> 4) * 4;
    if (offset < 20 || offset > segment) {
        return 2;
    }
    /* With the addresses, the protocol and the length before it. */
    if (folded(sum(ip + 12, 8) + 6 + segment + sum(tcp, segment)) != 0xffff) {
        return 2;
    }

    u64 bucket = 0xcbf29ce484222325; /* FNV-1a */
    for (u32 i = 0; i < 8; i++) {
        bucket = (bucket ^ ip[12 + i]) * 0x100000001b3;
    }
    for (u32 i = 0; i < 4; i++) {
        bucket = (bucket ^ tcp[i]) * 0x100000001b3;
    }

    /* The last eight bytes are looked at as one number, in lower case. */
    u64 seen = 0;
    u32 found = 0;
    for (u32 i = offset; i < segment; i++) {
        u32 letter = tcp[i];
        if (letter - 'A' < 26) {
            letter += 'a' - 'A';
        }
        seen = seen << 8 | letter;
        found |= (seen & 0xffffffff) == 0x2f736820;          /* "/sh " */
        found |= (seen & 0xffffffffff) == 0x7767657420;      /* "wget " */
        found |= seen == 0x2f6574632f706173;                 /* "/etc/pas" */
        found |= (seen & 0xffffffffffff) == 0x2e2e2f2e2e2f;  /* "../../" */
    }
    return found ? (bucket & 1023) * 10 + 3 : 0;
}
