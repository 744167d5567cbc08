  ;; What stands in for the functions of an allocator, `free` aside. `allocator/members.rs` says for which.

  (func $malloc (export "malloc") (param $size i32) (result i32)
    (call $allocate (local.get $size) (i32.const 16)))

  (func $calloc (export "calloc") (param $count i32) (param $each i32) (result i32)
    (local $bytes i64)
    (local.set $bytes
      (i64.mul (i64.extend_i32_u (local.get $count)) (i64.extend_i32_u (local.get $each))))
    (if (i64.ne (i64.shr_u (local.get $bytes) (i64.const 32)) (i64.const 0))
      (then (return (i32.const 0))))
    (call $allocate_zero (i32.wrap_i64 (local.get $bytes)) (i32.const 16)))

  (func $allocate_zero (param $size i32) (param $align i32) (result i32)
    (local $address i32)
    (local.set $address (call $allocate (local.get $size) (local.get $align)))
    (if (local.get $address)
      (then
        (if (i32.eqz (global.get $block_is_zero))
          (then
            (memory.fill $guest (local.get $address) (i32.const 0) (local.get $size))))))
    (local.get $address))

  ;; Moves always, so that a pointer to the old block is one to a freed block.
  (func $reallocate (param $address i32) (param $size i32) (param $align i32) (result i32)
    (local $to i32) (local $has i32) (local $counted i32)
    (if (i32.eqz (local.get $address))
      (then (return (call $allocate (local.get $size) (local.get $align)))))
    (local.set $has
      (i32.load $heap offset=4
        (call $live (local.get $address) (i32.const 5) (i32.const 6))))
    ;; That both exist for a moment is no concern of the limit.
    (local.set $counted
      (i32.add
        (i32.and (i32.add (local.get $has) (i32.const 15)) (i32.const -16))
        (i32.const 16)))
    (global.set $heap_live (i32.sub (global.get $heap_live) (local.get $counted)))
    (local.set $to (call $allocate (local.get $size) (local.get $align)))
    (global.set $heap_live (i32.add (global.get $heap_live) (local.get $counted)))
    (if (local.get $to)
      (then
        (memory.copy $guest $guest
          (local.get $to)
          (local.get $address)
          (select (local.get $has) (local.get $size)
            (i32.lt_u (local.get $has) (local.get $size))))
        (call $free (local.get $address))))
    (local.get $to))

  (func $realloc (export "realloc") (param $address i32) (param $size i32) (result i32)
    (call $reallocate (local.get $address) (local.get $size) (i32.const 16)))

  (func $reallocarray (export "reallocarray")
    (param $address i32) (param $count i32) (param $each i32) (result i32)
    (local $bytes i64)
    (local.set $bytes
      (i64.mul (i64.extend_i32_u (local.get $count)) (i64.extend_i32_u (local.get $each))))
    (if (i64.ne (i64.shr_u (local.get $bytes) (i64.const 32)) (i64.const 0))
      (then (return (i32.const 0))))
    (call $realloc (local.get $address) (i32.wrap_i64 (local.get $bytes))))

  ;; The alignment that blocks get: a power of two that is at least `align` and 16. Where `align` is no
  ;; power of two, dlmalloc takes the next one too.
  (func $alignment (param $align i32) (result i32)
    (if (i32.le_u (local.get $align) (i32.const 16)) (then (return (i32.const 16))))
    (if (i32.gt_u (local.get $align) (i32.const 0x40000000))
      (then (return (i32.const 0x40000000))))
    (i32.shl
      (i32.const 1)
      (i32.sub (i32.const 32) (i32.clz (i32.sub (local.get $align) (i32.const 1))))))

  (func $memalign (export "memalign") (param $align i32) (param $size i32) (result i32)
    (call $allocate (local.get $size) (call $alignment (local.get $align))))

  ;; The error numbers are those of WASI, which emscripten uses too: 28 for a bad argument, 48 for no
  ;; memory.
  (func $posix_memalign (export "posix_memalign")
    (param $result i32) (param $align i32) (param $size i32) (result i32)
    (local $address i32)
    (if (i32.or
          (i32.lt_u (local.get $align) (i32.const 4))
          (i32.ne (i32.popcnt (local.get $align)) (i32.const 1)))
      (then (return (i32.const 28))))
    (local.set $address
      (call $allocate (local.get $size) (call $alignment (local.get $align))))
    (if (i32.eqz (local.get $address)) (then (return (i32.const 48))))
    (call $check_bytes (local.get $result) (i32.const 4) (i32.const 2))
    (i32.store $guest align=1 (local.get $result) (local.get $address))
    (i32.const 0))

  (func $malloc_usable_size (export "malloc_usable_size") (param $address i32) (result i32)
    (if (i32.eqz (local.get $address)) (then (return (i32.const 0))))
    (i32.load $heap offset=4
      (call $live (local.get $address) (i32.const 10) (i32.const 11))))

  ;; Rust's: the same with the alignment as a parameter, which is a power of two.

  (func $rust_alloc (export "rust_alloc") (param $size i32) (param $align i32) (result i32)
    (call $allocate (local.get $size) (call $alignment (local.get $align))))

  (func $rust_alloc_zeroed (export "rust_alloc_zeroed")
    (param $size i32) (param $align i32) (result i32)
    (call $allocate_zero (local.get $size) (call $alignment (local.get $align))))

  (func $rust_dealloc (export "rust_dealloc")
    (param $address i32) (param $size i32) (param $align i32)
    (call $free (local.get $address)))

  (func $rust_realloc (export "rust_realloc")
    (param $address i32) (param $old i32) (param $align i32) (param $size i32) (result i32)
    (call $reallocate (local.get $address) (local.get $size)
      (call $alignment (local.get $align))))

  ;; Of `allocator_interface.h`: whether a block begins there that is live, and its size.

  (func $get_ownership (export "get_ownership") (param $address i32) (result i32)
    (i32.ne (call $live_record (local.get $address)) (i32.const 0)))

  (func $get_allocated_size (export "get_allocated_size") (param $address i32) (result i32)
    (local $record i32)
    (local.set $record (call $live_record (local.get $address)))
    (if (i32.eqz (local.get $record)) (then (return (i32.const 0))))
    (i32.load $heap offset=4 (local.get $record)))

  ;; The record of the live block that begins at `address`, or 0.
  (func $live_record (param $address i32) (result i32)
    (local $record i32)
    (if (i32.eqz (local.get $address)) (then (return (i32.const 0))))
    ;; There may be no heap of ours.
    (if (i32.eqz (memory.size $heap)) (then (return (i32.const 0))))
    (if (i32.and (local.get $address) (i32.const 15)) (then (return (i32.const 0))))
    (local.set $record (call $record (local.get $address)))
    (select
      (local.get $record)
      (i32.const 0)
      (i32.eq
        (i32.load $heap (local.get $record))
        (i32.or (local.get $address) (i32.const 1)))))
