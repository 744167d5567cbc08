  ;; C++'s operators: `cxx.rs` says which functions call these. Which of them made a block is in its record, where
  ;; the number of its free goes later:
  ;;
  ;; | number | made by |
  ;; |---|---|
  ;; | 0 | C's functions, or nobody knows |
  ;; | 1 | one that frees it just now, by C's functions |
  ;; | 2 | `new` |
  ;; | 3 | `new[]` |
  ;; | 6, 7 | these with an alignment |

  ;; A block was made, unless there is no memory, or the program has blocks of its own. Gives its address.
  (func $cxx_made (export "cxx_made") (param $address i32) (param $family i32) (result i32)
    (local $record i32)
    (local.set $record (call $live_record (local.get $address)))
    (if (local.get $record)
      (then (i32.store $heap offset=20 (local.get $record) (local.get $family))))
    (local.get $address))

  ;; One is about to be freed as one of that family, and of that size if it is not -1.
  (func $cxx_frees (export "cxx_frees") (param $address i32) (param $family i32) (param $size i32)
    (local $record i32) (local $made i32)
    (local.set $record (call $live_record (local.get $address)))
    (br_if 0 (i32.eqz (local.get $record)))
    (local.set $made (i32.load $heap offset=20 (local.get $record)))
    ;; One of these calls another one.
    (br_if 0 (i32.eq (local.get $made) (i32.const 1)))
    (if (i32.eqz (local.get $made))
      (then (call $stop_with (i32.const 12) (local.get $address) (i32.const 0))))
    (if (i32.ne (local.get $made) (local.get $family))
      (then
        ;; Otherwise it is the alignment that differs.
        (if (i32.and (i32.xor (local.get $made) (local.get $family)) (i32.const 1))
          (then (call $stop_with (i32.const 12) (local.get $address) (i32.const 0))))
        (call $stop_with (i32.const 13) (local.get $address) (i32.const 0))))
    ;; A block of no bytes has one; aligned ones are rounded up.
    (if (i32.and (i32.lt_u (local.get $family) (i32.const 4)) (i32.gt_u (local.get $size) (i32.const 0)))
      (then
        (if (i32.and
              (i32.ne (local.get $size) (i32.const -1))
              (i32.ne (local.get $size) (i32.load $heap offset=4 (local.get $record))))
          (then (call $stop_with (i32.const 13) (local.get $address) (local.get $size))))))
    (i32.store $heap offset=20 (local.get $record) (i32.const 1)))
