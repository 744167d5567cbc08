  ;; The heap: blocks with redzones around them, and a quarantine for those that were freed.
  ;;
  ;; The guest's memory holds the blocks' own bytes and nothing else. What is known of them lies in a memory
  ;; of its own, in *records*:
  ;;
  ;; | offset | record |
  ;; |---|---|
  ;; | 0 | `address + state`: 1 live, 2 in quarantine, 3 to be used again. A block's address is a multiple of 16 |
  ;; | 4 | requested size in bytes |
  ;; | 8 | ordinal number of its allocation, from 1 |
  ;; | 12 | the next record in the quarantine, or in the list of its class; 0: none |
  ;; | 16 | address of the block's *chunk*: redzone, block, and what rounding adds |
  ;; | 20 | ordinal number of its free; if it is live, which of C++'s operators made it (`cxx.wat`), 0 for none |
  ;; | 24 | length of the chunk in bytes |
  ;; | 28 | size class of the chunk; 0: it has pages of its own |
  ;;
  ;; `instrument/heap.rs` reads them. Where the record of a block is follows from where its chunk is, 16 bytes
  ;; before the block (`records.wat`). No two blocks have one: a block is 16 bytes or more behind its chunk's
  ;; start, and one at an odd multiple of 16 as many before its end, unless all redzones are longer.
  ;;
  ;; Chunks of up to 32 KiB have one of some hundred lengths, and keep it for ever: a *class* is a list of
  ;; those that can be used again. Longer chunks take pages and give them back.

  (memory $heap (export "heap") 0 16384)
  ;; Address of the heap's first page.
  (global $heap_base (export "heap_base") i32 (i32.const 0))

  ;; Ordinal number of the last allocation, and of the last free. Those of null pointers do not count.
  (global $allocations (export "allocations") (mut i32) (i32.const 0))
  (global $frees (export "frees") (mut i32) (i32.const 0))

  ;; Set by the host before the run.
  ;; Bytes of chunks that were freed and are not yet used again.
  (global $quarantine_limit (export "quarantine_limit") (mut i32) (i32.const 1048576))
  ;; Number of the allocation, or of the free, to stop at.
  (global $stop_at_allocation (export "stop_at_allocation") (mut i32) (i32.const 0))
  (global $stop_at_free (export "stop_at_free") (mut i32) (i32.const 0))
  ;; Number of the allocation that fails.
  (global $fail_allocation (export "fail_allocation") (mut i32) (i32.const 0))
  ;; 256 plus the byte that fresh blocks are filled with, or 512 plus the byte that no more than the first 4096
  ;; bytes are filled with; 0: they are left as they are.
  (global $fill_heap (export "fill_heap") (mut i32) (i32.const 0))
  ;; Bytes that all redzones are longer by; rounded up to 16, at most 65536.
  (global $heap_spacing (export "heap_spacing") (mut i32) (i32.const 0))
  ;; If not 0, new chunks lie at distances that this number decides.
  (global $heap_seed (export "heap_seed") (mut i32) (i32.const 0))

  ;; The rest of the pages from which new chunks are cut, all of it poisoned. In the beginning, those that
  ;; the heap has from the start.
  (global $rest (export "rest") (mut i32) (i32.const 0))
  (global $rest_end (export "rest_end") (mut i32) (i32.const 0))
  (global $rest_is_new (mut i32) (i32.const 1))
  ;; Whether the block that was allocated last is zero.
  (global $block_is_zero (mut i32) (i32.const 0))

  ;; Quarantine: record of the first block in, of the last one in, bytes of their chunks.
  (global $quarantine_first (mut i32) (i32.const 0))
  (global $quarantine_last (mut i32) (i32.const 0))
  (global $quarantine_bytes (mut i32) (i32.const 0))

  ;; Writes `length` bytes to the shadow from `at` on, each that of `pattern`. Calls to the host, which
  ;; `memory.fill` is, cost more than short loops.
  (func $paint (param $at i32) (param $length i32) (param $pattern i64)
    (local $last i32)
    (if (i32.ge_u (local.get $length) (i32.const 8))
      (then
        (if (i32.gt_u (local.get $length) (i32.const 256))
          (then
            (memory.fill $shadow
              (local.get $at) (i32.wrap_i64 (local.get $pattern)) (local.get $length))
            (return)))
        (local.set $last (i32.sub (i32.add (local.get $at) (local.get $length)) (i32.const 8)))
        (loop $words
          (i64.store $shadow align=1 (local.get $at) (local.get $pattern))
          (local.set $at (i32.add (local.get $at) (i32.const 8)))
          (br_if $words (i32.lt_u (local.get $at) (local.get $last))))
        (i64.store $shadow align=1 (local.get $last) (local.get $pattern))
        (return)))
    (local.set $last (i32.add (local.get $at) (local.get $length)))
    (if (i32.ge_u (local.get $length) (i32.const 4))
      (then
        (i64.store32 $shadow align=1 (local.get $at) (local.get $pattern))
        (i64.store32 $shadow align=1
          (i32.sub (local.get $last) (i32.const 4)) (local.get $pattern))
        (return)))
    (if (local.get $length)
      (then
        (i64.store8 $shadow (local.get $at) (local.get $pattern))
        (i64.store8 $shadow
          (i32.add (local.get $at) (i32.shr_u (local.get $length) (i32.const 1)))
          (local.get $pattern))
        (i64.store8 $shadow (i32.sub (local.get $last) (i32.const 1)) (local.get $pattern)))))

  ;; Length of the redzone before a block of `size` bytes, as AddressSanitizer's.
  (func $redzone (param $size i32) (result i32)
    (if (i32.le_u (local.get $size) (i32.const 48)) (then (return (i32.const 16))))
    (if (i32.le_u (local.get $size) (i32.const 96)) (then (return (i32.const 32))))
    (if (i32.le_u (local.get $size) (i32.const 448)) (then (return (i32.const 64))))
    (if (i32.le_u (local.get $size) (i32.const 3968)) (then (return (i32.const 128))))
    (if (i32.le_u (local.get $size) (i32.const 16128)) (then (return (i32.const 256))))
    (if (i32.le_u (local.get $size) (i32.const 32256)) (then (return (i32.const 512))))
    (if (i32.le_u (local.get $size) (i32.const 64512)) (then (return (i32.const 1024))))
    (i32.const 2048))

  ;; A block of `size` bytes at a multiple of `align`, which is a power of two and at least 16. Gives its
  ;; address, or 0 if there is no memory.
  (func $allocate (param $size i32) (param $align i32) (result i32)
    (local $left i32) (local $length i32) (local $class i32) (local $chunk i32) (local $address i32)
    (local $record i32) (local $used i32) (local $log i32) (local $head i32) (local $granules i32) (local $live i32)
    (global.set $allocations (i32.add (global.get $allocations) (i32.const 1)))
    (if (i32.eq (global.get $allocations) (global.get $stop_at_allocation))
      (then (call $stop_with (i32.const 8) (i32.const 0) (local.get $size))))
    (if (i32.eq (global.get $allocations) (global.get $fail_allocation))
      (then (return (i32.const 0))))
    ;; Neither sum below can wrap.
    (if (i32.or
          (i32.gt_u (local.get $size) (i32.const 0x40000000))
          (i32.gt_u (local.get $align) (i32.const 0x20000000)))
      (then (return (i32.const 0))))
    (local.set $live (global.get $heap_live))
    (global.set $heap_live
      (i32.add
        (local.get $live)
        (i32.add
          (i32.and (i32.add (local.get $size) (i32.const 15)) (i32.const -16))
          (i32.const 16))))
    (call $judge_limit (i32.const 0))
    (local.set $left (call $redzone (local.get $size)))
    (if (global.get $heap_spacing)
      (then
        (local.set $left
          (i32.add
            (local.get $left)
            (i32.and
              (i32.add
                (select
                  (global.get $heap_spacing)
                  (i32.const 65536)
                  (i32.lt_u (global.get $heap_spacing) (i32.const 65536)))
                (i32.const 15))
              (i32.const -16))))))
    ;; Of the alignment, 16 are there anyway.
    (local.set $length
      (i32.and
        (i32.add
          (i32.add
            (i32.add (local.get $left) (i32.sub (local.get $align) (i32.const 16)))
            (local.get $size))
          (i32.const 15))
        (i32.const -16)))
    (if (i32.lt_u (local.get $length) (i32.const 32))
      (then (local.set $length (i32.const 32))))
    (block $cut
      (if (i32.le_u (local.get $length) (i32.const 1024))
        (then
          (local.set $class (i32.shr_u (local.get $length) (i32.const 4))))
        (else
          (if (i32.le_u (local.get $length) (i32.const 32768))
            (then
              ;; Eight classes from one power of two, 2 to the `log`, to the next.
              (local.set $used (i32.sub (local.get $length) (i32.const 1)))
              (local.set $log (i32.sub (i32.const 31) (i32.clz (local.get $used))))
              (local.set $used
                (i32.shr_u
                  (i32.sub (local.get $used) (i32.shl (i32.const 1) (local.get $log)))
                  (i32.sub (local.get $log) (i32.const 3))))
              (local.set $class
                (i32.add
                  (i32.add
                    (i32.const 65)
                    (i32.shl (i32.sub (local.get $log) (i32.const 10)) (i32.const 3)))
                  (local.get $used)))
              (local.set $length
                (i32.shl
                  (i32.add (local.get $used) (i32.const 9))
                  (i32.sub (local.get $log) (i32.const 3))))
              (local.set $used (i32.const 0)))
            (else
              (local.set $class (i32.const 0))
              (local.set $length
                (i32.and
                  (i32.add
                    (i32.add (local.get $length) (local.get $left))
                    (i32.const 0xffff))
                  (i32.const 0xffff0000)))
              (local.set $record (call $take_slot))
              (if (local.get $record)
                (then
                  (local.set $chunk
                    (call $take_pages (i32.shr_u (local.get $length) (i32.const 16))))))
              (if (i32.eqz (local.get $chunk))
                (then
                  (call $give_slot (local.get $record))
                  (global.set $heap_live (local.get $live))
                  (return (i32.const 0))))
              (global.set $block_is_zero (global.get $pages_are_new))
              (br $cut)))))
      ;; One that can be used again.
      (local.set $head (i32.shl (local.get $class) (i32.const 2)))
      (local.set $used (i32.load $heap (local.get $head)))
      (if (local.get $used)
        (then
          (local.set $record (local.get $used))
          (local.set $used
            (i32.and (i32.load $heap (local.get $record)) (i32.const -16)))
          (i32.store $heap (local.get $head)
            (i32.load $heap offset=12 (local.get $record)))
          (local.set $chunk (i32.load $heap offset=16 (local.get $record)))
          (i32.store $heap (local.get $record) (i32.const 0))
          (global.set $block_is_zero (i32.const 0))
          (br $cut)))
      ;; A new one.
      (local.set $chunk (call $cut_chunk (local.get $length)))
      (if (i32.eqz (local.get $chunk))
        (then
          (global.set $heap_live (local.get $live))
          (return (i32.const 0))))
      (global.set $block_is_zero (global.get $rest_is_new)))
    (local.set $address
      (i32.and
        (i32.add
          (i32.add (local.get $chunk) (local.get $left))
          (i32.sub (local.get $align) (i32.const 1)))
        (i32.sub (i32.const 0) (local.get $align))))
    ;; The record.
    (if (local.get $class)
      (then
        ;; A chunk that is used again mostly has its block, and so its record, where they were.
        (if (i32.ne (local.get $used) (local.get $address))
          (then (local.set $record (call $record (local.get $address))))))
      (else (call $enter_slot (local.get $address) (local.get $record))))
    (i32.store $heap (local.get $record) (i32.or (local.get $address) (i32.const 1)))
    (i32.store $heap offset=4 (local.get $record) (local.get $size))
    (i32.store $heap offset=8 (local.get $record) (global.get $allocations))
    (i32.store $heap offset=12 (local.get $record) (i32.const 0))
    (i32.store $heap offset=16 (local.get $record) (local.get $chunk))
    (i32.store $heap offset=20 (local.get $record) (i32.const 0))
    (i32.store $heap offset=24 (local.get $record) (local.get $length))
    (i32.store $heap offset=28 (local.get $record) (local.get $class))
    ;; The shadow. New chunks are redzone from end to end, unless they have pages of their own.
    (local.set $granules (i32.shr_u (local.get $size) (i32.const 3)))
    (if (i32.and (global.get $block_is_zero) (i32.eqz (local.get $class)))
      (then
        (call $paint_around (local.get $chunk) (local.get $length)
          (local.get $address) (local.get $granules)))
      (else
        (if (i32.eqz (global.get $block_is_zero))
          (then
            (if (i32.ne (local.get $used) (local.get $address))
              (then
                (call $paint_around (local.get $chunk) (local.get $length)
                  (local.get $address) (local.get $granules)))
              (else
                (call $paint_behind (local.get $chunk) (local.get $length)
                  (local.get $address) (local.get $granules))))))
        (call $paint
          (i32.shr_u (local.get $address) (i32.const 3))
          (local.get $granules)
          (i64.const 0))))
    (if (i32.and (local.get $size) (i32.const 7))
      (then
        (i32.store8 $shadow
          (i32.add (i32.shr_u (local.get $address) (i32.const 3)) (local.get $granules))
          (i32.and (local.get $size) (i32.const 7)))))
    (if (global.get $fill_heap)
      (then
        (memory.fill $guest
          (local.get $address)
          (global.get $fill_heap)
          (select
            (local.get $size)
            (i32.const 4096)
            (i32.or
              (i32.and (global.get $fill_heap) (i32.const 256))
              (i32.lt_u (local.get $size) (i32.const 4096)))))
        (global.set $block_is_zero (i32.const 0))))
    (local.get $address))

  ;; Poisons what is in a chunk beside its block.
  (func $paint_around (param $chunk i32) (param $length i32) (param $address i32) (param $granules i32)
    (call $paint
      (i32.shr_u (local.get $chunk) (i32.const 3))
      (i32.shr_u (i32.sub (local.get $address) (local.get $chunk)) (i32.const 3))
      (i64.const 0xfafafafafafafafa))
    (call $paint_behind (local.get $chunk) (local.get $length)
      (local.get $address) (local.get $granules)))

  ;; Poisons what is in a chunk behind the whole granules of its block.
  (func $paint_behind (param $chunk i32) (param $length i32) (param $address i32) (param $granules i32)
    (local $from i32)
    (local.set $from
      (i32.add (i32.shr_u (local.get $address) (i32.const 3)) (local.get $granules)))
    (call $paint
      (local.get $from)
      (i32.sub
        (i32.shr_u (i32.add (local.get $chunk) (local.get $length)) (i32.const 3))
        (local.get $from))
      (i64.const 0xfafafafafafafafa)))

  ;; Cuts a new chunk from the rest; gives 0 if there is no memory.
  (func $cut_chunk (param $length i32) (result i32)
    (local $at i32) (local $page i32)
    (if (global.get $heap_seed)
      (then
        ;; Xorshift (Marsaglia, 2003).
        (local.set $at (global.get $heap_seed))
        (local.set $at (i32.xor (local.get $at) (i32.shl (local.get $at) (i32.const 13))))
        (local.set $at (i32.xor (local.get $at) (i32.shr_u (local.get $at) (i32.const 17))))
        (local.set $at (i32.xor (local.get $at) (i32.shl (local.get $at) (i32.const 5))))
        (global.set $heap_seed (local.get $at))
        (local.set $at (i32.and (local.get $at) (i32.const 0xf0)))
        (if (i32.gt_u
              (i32.sub (global.get $rest_end) (global.get $rest))
              (local.get $at))
          (then (global.set $rest (i32.add (global.get $rest) (local.get $at)))))))
    ;; Something must remain behind it: the page that follows may be the guest's.
    (loop $again
      (if (i32.le_u
            (i32.sub (global.get $rest_end) (global.get $rest))
            (local.get $length))
        (then
          (local.set $page (call $take_some_pages))
          (if (i32.eqz (local.get $page))
            (then (return (i32.const 0))))
          (if (global.get $pages_are_new)
            (then
              (memory.fill $shadow
                (i32.shr_u (local.get $page) (i32.const 3))
                (i32.const 0xfa)
                (i32.shl (global.get $pages_taken) (i32.const 13)))))
          (if (i32.ne (local.get $page) (global.get $rest_end))
            (then
              (global.set $rest (local.get $page))
              (global.set $rest_is_new (global.get $pages_are_new)))
            (else
              (global.set $rest_is_new
                (i32.and (global.get $rest_is_new) (global.get $pages_are_new)))))
          (global.set $rest_end
            (i32.add (local.get $page) (i32.shl (global.get $pages_taken) (i32.const 16))))
          (br $again))))
    (local.set $at (global.get $rest))
    (global.set $rest (i32.add (local.get $at) (local.get $length)))
    (local.get $at))

  ;; The record of the live block at `address`. `freed` and `wrong` are the reasons to stop for if it was
  ;; freed, or if no block begins there.
  (func $live (param $address i32) (param $freed i32) (param $wrong i32) (result i32)
    (local $record i32) (local $word i32)
    (block $is_wrong
      (br_if $is_wrong (i32.and (local.get $address) (i32.const 15)))
      (local.set $record (call $record (local.get $address)))
      (local.set $word (i32.load $heap (local.get $record)))
      (if (i32.eq (local.get $word) (i32.or (local.get $address) (i32.const 1)))
        (then (return (local.get $record))))
      (br_if $is_wrong
        (i32.ne (i32.and (local.get $word) (i32.const -16)) (local.get $address)))
      (call $stop_with (local.get $freed) (local.get $address) (i32.const 0)))
    (call $stop_with (local.get $wrong) (local.get $address) (i32.const 0))
    (unreachable))

  (func $free (export "free") (param $address i32)
    (local $record i32) (local $size i32)
    (if (i32.eqz (local.get $address)) (then (return)))
    (global.set $frees (i32.add (global.get $frees) (i32.const 1)))
    (if (i32.eq (global.get $frees) (global.get $stop_at_free))
      (then (call $stop_with (i32.const 9) (local.get $address) (i32.const 0))))
    (local.set $record (call $live (local.get $address) (i32.const 3) (i32.const 4)))
    (call $judge_maker (local.get $address) (local.get $record))
    (i32.store $heap (local.get $record) (i32.or (local.get $address) (i32.const 2)))
    (i32.store $heap offset=20 (local.get $record) (global.get $frees))
    (local.set $size
      (i32.add (i32.load $heap offset=4 (local.get $record)) (i32.const 7)))
    (call $paint
      (i32.shr_u (local.get $address) (i32.const 3))
      (i32.shr_u (local.get $size) (i32.const 3))
      (i64.const 0xfdfdfdfdfdfdfdfd))
    (global.set $heap_live
      (i32.sub
        (global.get $heap_live)
        (i32.add
          (i32.and (i32.add (local.get $size) (i32.const 8)) (i32.const -16))
          (i32.const 16))))
    ;; To the end of the quarantine.
    (if (global.get $quarantine_last)
      (then
        (i32.store $heap offset=12 (global.get $quarantine_last) (local.get $record)))
      (else (global.set $quarantine_first (local.get $record))))
    (global.set $quarantine_last (local.get $record))
    (global.set $quarantine_bytes
      (i32.add
        (global.get $quarantine_bytes)
        (i32.load $heap offset=24 (local.get $record))))
    (loop $evict
      (if (i32.gt_u (global.get $quarantine_bytes) (global.get $quarantine_limit))
        (then
          ;; The last one stays, however long it is.
          (if (i32.ne (global.get $quarantine_first) (global.get $quarantine_last))
            (then
              (call $evict_first)
              (br $evict)))))))

  ;; Stops unless a live block is C's, or one of C++'s operators has seen that it may be freed.
  (func $judge_maker (param $address i32) (param $record i32)
    (if (i32.gt_u (i32.load $heap offset=20 (local.get $record)) (i32.const 1))
      (then (call $stop_with (i32.const 12) (local.get $address) (i32.const 0)))))

  ;; Takes the first block out of the quarantine. There is another behind it.
  (func $evict_first
    (local $address i32) (local $record i32) (local $class i32) (local $chunk i32) (local $length i32)
    (local.set $record (global.get $quarantine_first))
    (local.set $address (i32.and (i32.load $heap (local.get $record)) (i32.const -16)))
    (global.set $quarantine_first (i32.load $heap offset=12 (local.get $record)))
    (global.set $quarantine_bytes
      (i32.sub
        (global.get $quarantine_bytes)
        (i32.load $heap offset=24 (local.get $record))))
    (local.set $class (i32.load $heap offset=28 (local.get $record)))
    (if (local.get $class)
      (then
        (i32.store $heap (local.get $record) (i32.or (local.get $address) (i32.const 3)))
        (local.set $class (i32.shl (local.get $class) (i32.const 2)))
        (i32.store $heap offset=12 (local.get $record) (i32.load $heap (local.get $class)))
        (i32.store $heap (local.get $class) (local.get $record)))
      (else
        (local.set $chunk (i32.load $heap offset=16 (local.get $record)))
        (local.set $length (i32.load $heap offset=24 (local.get $record)))
        (call $enter_slot (local.get $address) (i32.const 0))
        (call $give_slot (local.get $record))
        (call $give_pages
          (local.get $chunk)
          (i32.shr_u (local.get $length) (i32.const 16))))))
