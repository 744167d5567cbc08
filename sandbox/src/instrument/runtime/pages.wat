  ;; Where the heap's memory comes from: pages of 64 KiB that `memory.grow` adds to the guest's memory,
  ;; between those that the guest adds itself. The guest's own pages stay ordinary memory.
  ;;
  ;; Runs of pages that are free again are a list in the order of their addresses, neighbours merged. Its
  ;; nodes lie in the heap memory at the address of the run: number of pages, address of the next run.

  ;; Number of pages that belong to the heap.
  (global $heap_pages (export "heap_pages") (mut i32) (i32.const 0))
  ;; Bytes that the guest may have: its own pages, and live blocks. Unsigned; -1: no limit.
  (global $heap_limit (export "heap_limit") (mut i32) (i32.const -1))
  ;; Bytes of live blocks, each rounded up to 16, plus 16.
  (global $heap_live (export "heap_live") (mut i32) (i32.const 0))

  ;; The first free run.
  (global $free_pages (mut i32) (i32.const 0))
  ;; Whether the pages that were taken last are new, so that they are zero and nothing poisons them.
  (global $pages_are_new (mut i32) (i32.const 0))

  ;; Stops if the guest has more than it may have.
  (func $judge_limit
    (if (i32.ne (global.get $heap_limit) (i32.const -1))
      (then
        (if (i64.gt_u
              (i64.add
                (i64.shl
                  (i64.extend_i32_u (i32.sub (memory.size $guest) (global.get $heap_pages)))
                  (i64.const 16))
                (i64.extend_i32_u (global.get $heap_live)))
              (i64.extend_i32_u (global.get $heap_limit)))
          (then (call $stop_with (i32.const 7) (i32.const 0) (i32.const 0)))))))

  ;; The guest's own `memory.grow`. `most` is the number of pages that it may have by its own declaration.
  (func $grow (export "grow") (param $pages i32) (param $most i32) (result i32)
    (local $before i32)
    (if (i64.gt_u
          (i64.add
            (i64.extend_i32_u (i32.sub (memory.size $guest) (global.get $heap_pages)))
            (i64.extend_i32_u (local.get $pages)))
          (i64.extend_i32_u (local.get $most)))
      (then (return (i32.const -1))))
    (local.set $before (memory.grow $guest (local.get $pages)))
    (if (i32.ne (local.get $before) (i32.const -1))
      (then (call $judge_limit)))
    (local.get $before))

  ;; A run of pages for the heap; gives its address, or 0 if there is no memory.
  (func $take_pages (param $pages i32) (result i32)
    (local $before i32) (local $at i32) (local $has i32)
    (local.set $at (global.get $free_pages))
    (block $none
      (loop $runs
        (br_if $none (i32.eqz (local.get $at)))
        (local.set $has (i32.load $heap (local.get $at)))
        (if (i32.ge_u (local.get $has) (local.get $pages))
          (then
            (global.set $pages_are_new (i32.const 0))
            (if (i32.eq (local.get $has) (local.get $pages))
              (then
                (call $link_pages (local.get $before) (i32.load $heap offset=4 (local.get $at)))
                (return (local.get $at))))
            ;; The end of the run, so that the list stays as it is.
            (local.set $has (i32.sub (local.get $has) (local.get $pages)))
            (i32.store $heap (local.get $at) (local.get $has))
            (return (i32.add (local.get $at) (i32.shl (local.get $has) (i32.const 16))))))
        (local.set $before (local.get $at))
        (local.set $at (i32.load $heap offset=4 (local.get $at)))
        (br $runs)))
    (call $new_pages (local.get $pages)))

  ;; The same, always behind the end of the memory.
  (func $new_pages (param $pages i32) (result i32)
    (local $at i32)
    ;; Null is no block, and the start of the heap memory has other uses.
    (if (i32.eqz (memory.size $guest))
      (then
        (if (i32.eq (memory.grow $guest (i32.const 1)) (i32.const -1))
          (then (return (i32.const 0))))
        (global.set $heap_pages (i32.add (global.get $heap_pages) (i32.const 1)))))
    ;; What the heap memory has no place for is no memory.
    (if (i64.gt_u
          (i64.add
            (i64.extend_i32_u (memory.size $guest))
            (i64.extend_i32_u (local.get $pages)))
          (i64.extend_i32_u (memory.size $heap)))
      (then (return (i32.const 0))))
    (local.set $at (memory.grow $guest (local.get $pages)))
    (if (i32.eq (local.get $at) (i32.const -1))
      (then (return (i32.const 0))))
    (global.set $heap_pages (i32.add (global.get $heap_pages) (local.get $pages)))
    (global.set $pages_are_new (i32.const 1))
    (i32.shl (local.get $at) (i32.const 16)))

  ;; Makes `next` the run after `before`, or the first one.
  (func $link_pages (param $before i32) (param $next i32)
    (if (local.get $before)
      (then (i32.store $heap offset=4 (local.get $before) (local.get $next)))
      (else (global.set $free_pages (local.get $next)))))

  ;; Takes a run back, all of it poisoned.
  (func $give_pages (param $at i32) (param $pages i32)
    (local $before i32) (local $next i32)
    (local.set $next (global.get $free_pages))
    (block $found
      (loop $runs
        (br_if $found (i32.eqz (local.get $next)))
        (br_if $found (i32.gt_u (local.get $next) (local.get $at)))
        (local.set $before (local.get $next))
        (local.set $next (i32.load $heap offset=4 (local.get $next)))
        (br $runs)))
    ;; Merge with the run behind.
    (if (i32.eq
          (local.get $next)
          (i32.add (local.get $at) (i32.shl (local.get $pages) (i32.const 16))))
      (then
        (local.set $pages (i32.add (local.get $pages) (i32.load $heap (local.get $next))))
        (local.set $next (i32.load $heap offset=4 (local.get $next)))))
    ;; Merge with the run before.
    (if (local.get $before)
      (then
        (if (i32.eq
              (local.get $at)
              (i32.add
                (local.get $before)
                (i32.shl (i32.load $heap (local.get $before)) (i32.const 16))))
          (then
            (i32.store $heap (local.get $before)
              (i32.add (i32.load $heap (local.get $before)) (local.get $pages)))
            (i32.store $heap offset=4 (local.get $before) (local.get $next))
            (return)))))
    (i32.store $heap (local.get $at) (local.get $pages))
    (i32.store $heap offset=4 (local.get $at) (local.get $next))
    (call $link_pages (local.get $before) (local.get $at)))
