  ;; The runtime of code that was compiled with -fsanitize=address. Such code lays out its own stack
  ;; frames and globals with redzones, and says where they are; here that goes to the shadow.

  ;; Notes about the layout, where the guest cannot reach them. First the arrays of globals that were
  ;; registered, up to 8192: address and number of elements, 4 bytes each. Then, from 65536 on, 4096
  ;; bytes for each class of fake frames:
  ;;   at 0: how many frames of the class were ever used; those from there on are free
  ;;   at 4: place in the ring of the frame that has been free for the longest time
  ;;   at 8: number of frames in the ring
  ;;   at 16: the ring of free frames that were used before, 2 bytes each
  ;;   at 2064: for each frame 1 if it is in use
  (memory $layout (export "layout") 2 2)
  ;; How many arrays of globals were noted.
  (global $registered (export "registered") (mut i32) (i32.const 0))
  ;; Where the fake stack is in guest memory, 0 if there is no room for it.
  (global $fake_stack (export "fake_stack") i32 (i32.const 0))

  ;; ---- The shadow ----------------------------------------------------------------------------------

  ;; Sets the shadow of `granules` granules from `granule` on. What lies outside the guest's memory has
  ;; no shadow that anybody may write to.
  (func $set_shadow (export "set_shadow")
    (param $granule i32) (param $granules i32) (param $byte i32)
    (local $end i32) (local $bytes i64)
    (local.set $end (i32.shl (memory.size $guest) (i32.const 13)))
    (br_if 0 (i32.ge_u (local.get $granule) (local.get $end)))
    (if (i32.gt_u (local.get $granules) (i32.sub (local.get $end) (local.get $granule)))
      (then (local.set $granules (i32.sub (local.get $end) (local.get $granule)))))
    ;; An engine's fill costs as much as some stores.
    (if (i32.gt_u (local.get $granules) (i32.const 64))
      (then
        (memory.fill $shadow (local.get $granule) (local.get $byte) (local.get $granules))
        (return)))
    (local.set $bytes
      (i64.mul (i64.extend_i32_u (local.get $byte)) (i64.const 0x0101010101010101)))
    (block $short
      (loop $eights
        (br_if $short (i32.lt_u (local.get $granules) (i32.const 8)))
        (i64.store $shadow align=1 (local.get $granule) (local.get $bytes))
        (local.set $granule (i32.add (local.get $granule) (i32.const 8)))
        (local.set $granules (i32.sub (local.get $granules) (i32.const 8)))
        (br $eights)))
    (loop $ones
      (br_if 1 (i32.eqz (local.get $granules)))
      (i32.store8 $shadow (local.get $granule) (local.get $byte))
      (local.set $granule (i32.add (local.get $granule) (i32.const 1)))
      (local.set $granules (i32.sub (local.get $granules) (i32.const 1)))
      (br $ones)))

  ;; The shadow of a granule; 0 for those outside the guest's memory.
  (func $shadow_of (param $granule i32) (result i32)
    (if (i32.ge_u (local.get $granule) (i32.shl (memory.size $guest) (i32.const 13)))
      (then (return (i32.const 0))))
    (i32.load8_s $shadow (local.get $granule)))

  ;; Says of the granule of `address` that its first `bytes` bytes may be accessed.
  (func $set_partial (param $address i32) (param $bytes i32)
    (call $set_shadow
      (i32.shr_u (local.get $address) (i32.const 3)) (i32.const 1) (local.get $bytes)))

  ;; Poisons a region, as far as granules can say it: bytes that share their granule with others behind
  ;; them that may be accessed stay accessible.
  (func $poison_region (export "poison_region")
    (param $address i32) (param $length i32) (param $byte i32)
    (local $end i32) (local $first i32) (local $last i32) (local $shadow i32)
    (local.set $end (i32.add (local.get $address) (local.get $length)))
    (br_if 0 (i32.lt_u (local.get $end) (local.get $address)))
    (br_if 0 (i32.eqz (local.get $length)))
    (local.set $first (i32.shr_u (local.get $address) (i32.const 3)))
    (local.set $last (i32.shr_u (local.get $end) (i32.const 3)))
    ;; The granule in which the region ends, unless bytes behind the region may be accessed.
    (local.set $shadow (call $shadow_of (local.get $last)))
    (if (i32.and
          (i32.gt_s (local.get $shadow) (i32.const 0))
          (i32.le_s (local.get $shadow) (i32.and (local.get $end) (i32.const 7))))
      (then
        ;; Is it the one in which it begins, too, what is before the region keeps its state.
        (if (i32.and
              (i32.eq (local.get $first) (local.get $last))
              (i32.ne (i32.and (local.get $address) (i32.const 7)) (i32.const 0)))
          (then
            (call $keep_before (local.get $address))
            (return))
          (else (call $set_shadow (local.get $last) (i32.const 1) (local.get $byte))))))
    (br_if 0 (i32.eq (local.get $first) (local.get $last)))
    (if (i32.and (local.get $address) (i32.const 7))
      (then
        (call $keep_before (local.get $address))
        (local.set $first (i32.add (local.get $first) (i32.const 1)))))
    (call $set_shadow
      (local.get $first) (i32.sub (local.get $last) (local.get $first)) (local.get $byte)))

  ;; Poisons what is behind `address` in its granule.
  (func $keep_before (param $address i32)
    (local $shadow i32) (local $bytes i32)
    (local.set $bytes (i32.and (local.get $address) (i32.const 7)))
    (local.set $shadow (call $shadow_of (i32.shr_u (local.get $address) (i32.const 3))))
    (if (i32.or
          (i32.eqz (local.get $shadow)) (i32.gt_s (local.get $shadow) (local.get $bytes)))
      (then (call $set_partial (local.get $address) (local.get $bytes)))))

  ;; Unpoisons a region, and with it what lies before it in its first granule.
  (func $unpoison_region (export "unpoison_region") (param $address i32) (param $length i32)
    (local $end i32) (local $first i32) (local $last i32) (local $shadow i32)
    (local.set $end (i32.add (local.get $address) (local.get $length)))
    (br_if 0 (i32.lt_u (local.get $end) (local.get $address)))
    (br_if 0 (i32.eqz (local.get $length)))
    (local.set $first (i32.shr_u (local.get $address) (i32.const 3)))
    (local.set $last (i32.shr_u (local.get $end) (i32.const 3)))
    (call $set_shadow
      (local.get $first) (i32.sub (local.get $last) (local.get $first)) (i32.const 0))
    ;; A region that ends with a granule has no part of the next one.
    (br_if 0 (i32.eqz (i32.and (local.get $end) (i32.const 7))))
    (local.set $shadow (call $shadow_of (local.get $last)))
    (if (i32.and
          (i32.ne (local.get $shadow) (i32.const 0))
          (i32.lt_s (local.get $shadow) (i32.and (local.get $end) (i32.const 7))))
      (then (call $set_partial (local.get $end) (i32.and (local.get $end) (i32.const 7))))))

  ;; `memcpy` is not for ranges that overlap. That they are the same one is what compilers make of an assignment
  ;; to itself.
  (func $check_overlap (export "check_overlap")
    (param $to i32) (param $from i32) (param $length i32)
    (br_if 0 (i32.eq (local.get $to) (local.get $from)))
    (if (i32.lt_u
          (select
            (i32.sub (local.get $to) (local.get $from))
            (i32.sub (local.get $from) (local.get $to))
            (i32.gt_u (local.get $to) (local.get $from)))
          (local.get $length))
      (then
        (call $suspect_range (local.get $to) (local.get $length) (i32.const 3)))))

  ;; The first poisoned byte of a region, or 0.
  (func $region_is_poisoned (export "region_is_poisoned")
    (param $address i32) (param $length i32) (result i32)
    (if (i32.eqz (call $is_poisoned (local.get $address) (local.get $length)))
      (then (return (i32.const 0))))
    (loop $bytes
      (if (call $is_poisoned (local.get $address) (i32.const 1))
        (then (return (local.get $address))))
      (local.set $address (i32.add (local.get $address) (i32.const 1)))
      (br $bytes))
    (unreachable))

  (func $address_is_poisoned (export "address_is_poisoned") (param $address i32) (result i32)
    (call $is_poisoned (local.get $address) (i32.const 1)))

  ;; ---- The stack -----------------------------------------------------------------------------------

  ;; The store of a mark into a frame's own left redzone, which says that the frame is left. It is
  ;; allowed there; anywhere else it is an access like all others.
  (func $check_mark (export "check_mark") (param $base i32) (param $offset i32)
    (br_if 0
      (i32.eq
        (i32.load8_u $shadow
          (i32.shr_u (i32.add (local.get $base) (local.get $offset)) (i32.const 3)))
        (i32.const 0xf1)))
    (call $check_access (local.get $base) (local.get $offset) (i32.const 4)))

  ;; Redzones around `size` bytes from alloca: 32 bytes before them, and from their end up to 32 bytes
  ;; behind the next multiple of 32.
  (func $alloca_poison (export "alloca_poison") (param $address i32) (param $size i32)
    (local $end i32) (local $from i32)
    (call $set_shadow
      (i32.shr_u (i32.sub (local.get $address) (i32.const 32)) (i32.const 3))
      (i32.const 4) (i32.const 0xca))
    (local.set $end (i32.add (local.get $address) (local.get $size)))
    (local.set $from
      (i32.shr_u (i32.add (local.get $end) (i32.const 7)) (i32.const 3)))
    (call $set_shadow
      (local.get $from)
      (i32.sub
        (i32.add
          (i32.shr_u
            (i32.and (i32.add (local.get $end) (i32.const 31)) (i32.const -32)) (i32.const 3))
          (i32.const 4))
        (local.get $from))
      (i32.const 0xcb))
    (if (i32.and (local.get $end) (i32.const 7))
      (then
        (call $set_partial (local.get $end) (i32.and (local.get $end) (i32.const 7))))))

  ;; All that alloca gave is gone, from the last one's address up to `bottom`. There may be none.
  (func $allocas_unpoison (export "allocas_unpoison") (param $top i32) (param $bottom i32)
    (br_if 0 (i32.eqz (local.get $top)))
    (call $clear (local.get $top) (local.get $bottom)))

  ;; Unpoisons whole granules.
  (func $clear (export "clear") (param $from i32) (param $to i32)
    (br_if 0 (i32.gt_u (local.get $from) (local.get $to)))
    (call $set_shadow
      (i32.shr_u (local.get $from) (i32.const 3))
      (i32.shr_u (i32.sub (local.get $to) (local.get $from)) (i32.const 3))
      (i32.const 0)))

  ;; ---- The fake stack ------------------------------------------------------------------------------
  ;;
  ;; Frames whose variables have their address taken live here, so that they can stay poisoned for a
  ;; while after their function has returned. Frames of class `n` have 64 << n bytes; there are
  ;; 1024 >> n of them, at least 4. Which frames a guest gets does not depend on the shadow.

  ;; Bytes before the frames of a class. The classes up to 9 begin every 64 KiB; class 9 has 128 KiB.
  (func $class_start (param $class i32) (result i32)
    (i32.shl
      (i32.add (local.get $class) (i32.eq (local.get $class) (i32.const 10))) (i32.const 16)))

  ;; Number of frames of a class.
  (func $class_frames (param $class i32) (result i32)
    (select
      (i32.shr_u (i32.const 1024) (local.get $class)) (i32.const 4)
      (i32.lt_u (local.get $class) (i32.const 8))))

  ;; Where the notes on a class are.
  (func $class_notes (param $class i32) (result i32)
    (i32.add (i32.const 65536) (i32.shl (local.get $class) (i32.const 12))))

  ;; A frame of at least `size` bytes, or 0 if there is none: the function then uses the real stack.
  (func $stack_malloc (export "stack_malloc") (param $size i32) (param $class i32) (result i32)
    (local $notes i32) (local $frames i32) (local $frame i32) (local $head i32) (local $room i32)
    (local $address i32)
    (if (i32.eqz (global.get $fake_stack)) (then (return (i32.const 0))))
    (local.set $room (i32.shl (i32.const 64) (local.get $class)))
    (if (i32.gt_u (local.get $size) (local.get $room)) (then (return (i32.const 0))))
    (local.set $notes (call $class_notes (local.get $class)))
    (local.set $frames (call $class_frames (local.get $class)))
    (block $found
      (local.set $frame (i32.load $layout (local.get $notes)))
      (if (i32.lt_u (local.get $frame) (local.get $frames))
        (then
          (i32.store $layout (local.get $notes) (i32.add (local.get $frame) (i32.const 1)))
          (br $found)))
      (if (i32.eqz (i32.load $layout offset=8 (local.get $notes)))
        (then (return (i32.const 0))))
      ;; The one that has been free for the longest time.
      (local.set $head (i32.load $layout offset=4 (local.get $notes)))
      (local.set $frame
        (i32.load16_u $layout offset=16
          (i32.add (local.get $notes) (i32.shl (local.get $head) (i32.const 1)))))
      (i32.store $layout offset=4 (local.get $notes)
        (i32.and
          (i32.add (local.get $head) (i32.const 1))
          (i32.sub (local.get $frames) (i32.const 1))))
      (i32.store $layout offset=8 (local.get $notes)
        (i32.sub (i32.load $layout offset=8 (local.get $notes)) (i32.const 1))))
    (i32.store8 $layout offset=2064
      (i32.add (local.get $notes) (local.get $frame)) (i32.const 1))
    (local.set $address
      (i32.add
        (i32.add (global.get $fake_stack) (call $class_start (local.get $class)))
        (i32.mul (local.get $frame) (local.get $room))))
    (call $set_shadow
      (i32.shr_u (local.get $address) (i32.const 3))
      (i32.shr_u (local.get $size) (i32.const 3))
      (i32.const 0))
    ;; What the frame has too much of is as good as a redzone.
    (call $set_shadow
      (i32.shr_u (i32.add (local.get $address) (local.get $size)) (i32.const 3))
      (i32.shr_u (i32.sub (local.get $room) (local.get $size)) (i32.const 3))
      (i32.const 0xf3))
    (local.get $address))

  ;; Gives a frame back. What is no frame of this class, or not in use, is left alone.
  (func $stack_free (export "stack_free") (param $address i32) (param $size i32) (param $class i32)
    (local $notes i32) (local $frames i32) (local $frame i32) (local $into i32) (local $count i32)
    (br_if 0 (i32.eqz (global.get $fake_stack)))
    (local.set $into
      (i32.sub
        (local.get $address)
        (i32.add (global.get $fake_stack) (call $class_start (local.get $class)))))
    (local.set $frame
      (i32.shr_u (local.get $into) (i32.add (local.get $class) (i32.const 6))))
    (local.set $frames (call $class_frames (local.get $class)))
    (br_if 0 (i32.ge_u (local.get $frame) (local.get $frames)))
    (br_if 0
      (i32.ne
        (i32.shl (local.get $frame) (i32.add (local.get $class) (i32.const 6)))
        (local.get $into)))
    (local.set $notes (call $class_notes (local.get $class)))
    (br_if 0
      (i32.eqz
        (i32.load8_u $layout offset=2064 (i32.add (local.get $notes) (local.get $frame)))))
    (i32.store8 $layout offset=2064
      (i32.add (local.get $notes) (local.get $frame)) (i32.const 0))
    (local.set $count (i32.load $layout offset=8 (local.get $notes)))
    (i32.store16 $layout offset=16
      (i32.add
        (local.get $notes)
        (i32.shl
          (i32.and
            (i32.add (i32.load $layout offset=4 (local.get $notes)) (local.get $count))
            (i32.sub (local.get $frames) (i32.const 1)))
          (i32.const 1)))
      (local.get $frame))
    (i32.store $layout offset=8 (local.get $notes)
      (i32.add (local.get $count) (i32.const 1)))
    (call $set_shadow
      (i32.shr_u (local.get $address) (i32.const 3))
      (i32.shl (i32.const 8) (local.get $class))
      (i32.const 0xf5)))

  ;; ---- Globals -------------------------------------------------------------------------------------

  ;; Poisons the redzones of an array of globals. Each has 32 bytes that say where it is, its size, and
  ;; its size with the redzone behind it.
  (func $register_globals (export "register_globals") (param $array i32) (param $count i32)
    (local $start i32) (local $size i32) (local $end i32)
    ;; Some guests run all their constructors again with each call. The notes begin anew with them.
    (if (i32.eq (i32.load $layout (i32.const 0)) (local.get $array))
      (then (global.set $registered (i32.const 0))))
    (if (i32.lt_u (global.get $registered) (i32.const 8192))
      (then
        (i32.store $layout
          (i32.shl (global.get $registered) (i32.const 3)) (local.get $array))
        (i32.store $layout offset=4
          (i32.shl (global.get $registered) (i32.const 3)) (local.get $count))
        (global.set $registered (i32.add (global.get $registered) (i32.const 1)))))
    (loop $globals
      (br_if 1 (i32.eqz (local.get $count)))
      (local.set $start (i32.load $guest (local.get $array)))
      (local.set $size (i32.load $guest offset=4 (local.get $array)))
      (local.set $end
        (i32.add (local.get $start) (i32.load $guest offset=8 (local.get $array))))
      (local.set $size (i32.add (local.get $start) (local.get $size)))
      (if (i32.lt_u (local.get $size) (local.get $end))
        (then
          (call $set_shadow
            (i32.shr_u (i32.add (local.get $size) (i32.const 7)) (i32.const 3))
            (i32.shr_u (i32.sub (local.get $end) (local.get $size)) (i32.const 3))
            (i32.const 0xf9))
          (if (i32.and (local.get $size) (i32.const 7))
            (then
              (call $set_partial
                (local.get $size) (i32.and (local.get $size) (i32.const 7)))))))
      (local.set $array (i32.add (local.get $array) (i32.const 32)))
      (local.set $count (i32.sub (local.get $count) (i32.const 1)))
      (br $globals)))

  ;; The same for arrays that a linker gathered: of each module once, which a flag remembers.
  (func $register_elf_globals (export "register_elf_globals")
    (param $flag i32) (param $start i32) (param $stop i32)
    (br_if 0 (i32.load $guest (local.get $flag)))
    (i32.store $guest (local.get $flag) (i32.const 1))
    (call $register_globals
      (local.get $start)
      (i32.shr_u (i32.sub (local.get $stop) (local.get $start)) (i32.const 5))))
