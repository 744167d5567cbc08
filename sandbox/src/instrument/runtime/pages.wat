  ;; Where the heap's memory comes from: pages of 64 KiB that `memory.grow` adds to the guest's memory,
  ;; between those that the guest adds itself. The guest's own pages stay ordinary memory.
  ;;
  ;; Runs of pages that are free again are a list in the order of their addresses, neighbours merged. Its
  ;; nodes lie in the heap memory where the run's first record would: number of pages, address of the next
  ;; run.

  ;; Number of pages that are not the guest's own: those of the heap and of the fake stack.
  (global $heap_pages (export "heap_pages") (mut i32) (i32.const 0))
  ;; Bytes that the guest may have: its own pages, and live blocks. Unsigned; -1: no limit.
  (global $heap_limit (export "heap_limit") (mut i32) (i32.const -1))
  ;; Bytes of live blocks, each rounded up to 16, plus 16.
  (global $heap_live (export "heap_live") (mut i32) (i32.const 0))
  ;; Most bytes that the guest ever had in that sense, if there is a limit.
  (global $memory_peak (export "memory_peak") (mut i64) (i64.const 0))

  ;; The first free run.
  (global $free_pages (mut i32) (i32.const 0))
  ;; Whether the pages that were taken last are new, so that they are zero and nothing poisons them.
  (global $pages_are_new (mut i32) (i32.const 0))

  ;; Stops if the guest, with so many pages more, has more than it may have.
  (func $judge_limit (param $pages i32)
    (local $bytes i64)
    (if (i32.ne (global.get $heap_limit) (i32.const -1))
      (then
        (local.set $bytes
          (i64.add
            (i64.shl
              (i64.add
                (i64.extend_i32_u (i32.sub (memory.size $guest) (global.get $heap_pages)))
                (i64.extend_i32_u (local.get $pages)))
              (i64.const 16))
            (i64.extend_i32_u (global.get $heap_live))))
        (if (i64.gt_u (local.get $bytes) (i64.extend_i32_u (global.get $heap_limit)))
          ;; How much it would have, in two halves.
          (then
            (call $stop_with
              (i32.const 7)
              (i32.wrap_i64 (local.get $bytes))
              (i32.wrap_i64 (i64.shr_u (local.get $bytes) (i64.const 32))))))
        (if (i64.gt_u (local.get $bytes) (global.get $memory_peak))
          (then (global.set $memory_peak (local.get $bytes)))))))

  ;; `memory.grow` of the guest's memory, with shadow for the new pages.
  (func $extend (param $pages i32) (result i32)
    (local $wanted i64) (local $missing i32)
    (local.set $wanted
      (i64.add (i64.extend_i32_u (memory.size $guest)) (i64.extend_i32_u (local.get $pages))))
    (if (i64.gt_u (local.get $wanted) (i64.const 65536))
      (then (return (i32.const -1))))
    (local.set $missing
      (i32.sub
        (i32.shr_u (i32.add (i32.wrap_i64 (local.get $wanted)) (i32.const 7)) (i32.const 3))
        (memory.size $shadow)))
    (if (i32.gt_s (local.get $missing) (i32.const 0))
      (then
        (if (i32.eq (memory.grow $shadow (local.get $missing)) (i32.const -1))
          (then (return (i32.const -1))))))
    (memory.grow $guest (local.get $pages)))

  ;; The guest's own `memory.grow`. `most` is the number of pages that it may have by its own declaration.
  (func $grow (export "grow") (param $pages i32) (param $most i32) (result i32)
    ;; Whether it may have them comes before whether it can.
    (call $judge_limit (local.get $pages))
    (if (i64.gt_u
          (i64.add
            (i64.extend_i32_u (i32.sub (memory.size $guest) (global.get $heap_pages)))
            (i64.extend_i32_u (local.get $pages)))
          (i64.extend_i32_u (local.get $most)))
      (then (return (i32.const -1))))
    (call $extend (local.get $pages)))

  ;; A run of pages for the heap; gives its address, or 0 if there is no memory.
  (func $take_pages (param $pages i32) (result i32)
    (local $before i32) (local $at i32) (local $has i32) (local $node i32)
    (local.set $at (global.get $free_pages))
    (block $none
      (loop $runs
        (br_if $none (i32.eqz (local.get $at)))
        (local.set $node (call $node (local.get $at)))
        (local.set $has (i32.load $heap (local.get $node)))
        (if (i32.ge_u (local.get $has) (local.get $pages))
          (then
            (global.set $pages_are_new (i32.const 0))
            (if (i32.eq (local.get $has) (local.get $pages))
              (then
                (call $link_pages
                  (local.get $before) (i32.load $heap offset=4 (local.get $node)))
                (return (local.get $at))))
            ;; The end of the run, so that the list stays as it is.
            (local.set $has (i32.sub (local.get $has) (local.get $pages)))
            (i32.store $heap (local.get $node) (local.get $has))
            (return (i32.add (local.get $at) (i32.shl (local.get $has) (i32.const 16))))))
        (local.set $before (local.get $at))
        (local.set $at (i32.load $heap offset=4 (local.get $node)))
        (br $runs)))
    (call $new_pages (local.get $pages)))

  ;; The same, always behind the end of the memory.
  (func $new_pages (param $pages i32) (result i32)
    (local $at i32) (local $missing i32)
    ;; Blocks of these pages need records: what the heap memory has no place for is no memory.
    (local.set $missing
      (i32.sub
        (i32.sub
          (i32.add (memory.size $guest) (local.get $pages))
          (i32.shr_u (global.get $heap_base) (i32.const 16)))
        (memory.size $heap)))
    (if (i32.gt_s (local.get $missing) (i32.const 0))
      (then
        (if (i32.eq (memory.grow $heap (local.get $missing)) (i32.const -1))
          (then (return (i32.const 0))))))
    (local.set $at (call $extend (local.get $pages)))
    (if (i32.eq (local.get $at) (i32.const -1))
      (then (return (i32.const 0))))
    (global.set $heap_pages (i32.add (global.get $heap_pages) (local.get $pages)))
    (global.set $pages_are_new (i32.const 1))
    (i32.shl (local.get $at) (i32.const 16)))

  ;; Where the node of the run of pages at `address` lies in the heap memory.
  (func $node (param $address i32) (result i32)
    (i32.sub (local.get $address) (global.get $heap_base)))

  ;; Makes `next` the run after `before`, or the first one.
  (func $link_pages (param $before i32) (param $next i32)
    (if (local.get $before)
      (then (i32.store $heap offset=4 (call $node (local.get $before)) (local.get $next)))
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
        (local.set $next (i32.load $heap offset=4 (call $node (local.get $next))))
        (br $runs)))
    ;; Merge with the run behind.
    (if (i32.eq
          (local.get $next)
          (i32.add (local.get $at) (i32.shl (local.get $pages) (i32.const 16))))
      (then
        (local.set $pages (i32.add (local.get $pages) (i32.load $heap (call $node (local.get $next)))))
        (local.set $next (i32.load $heap offset=4 (call $node (local.get $next))))))
    ;; Merge with the run before.
    (if (local.get $before)
      (then
        (if (i32.eq
              (local.get $at)
              (i32.add
                (local.get $before)
                (i32.shl (i32.load $heap (call $node (local.get $before))) (i32.const 16))))
          (then
            (local.set $at (call $node (local.get $before)))
            (i32.store $heap (local.get $at)
              (i32.add (i32.load $heap (local.get $at)) (local.get $pages)))
            (i32.store $heap offset=4 (local.get $at) (local.get $next))
            (return)))))
    (i32.store $heap (call $node (local.get $at)) (local.get $pages))
    (i32.store $heap offset=4 (call $node (local.get $at)) (local.get $next))
    (call $link_pages (local.get $before) (local.get $at)))
