  ;; Where the heap's memory comes from: pages of 64 KiB that it has from the start, and those that `memory.grow`
  ;; adds to the guest's memory, between those that the guest adds itself. The guest's own pages stay ordinary
  ;; memory.
  ;;
  ;; Runs of pages that are free again are a list in the order of their addresses, neighbours merged. Its
  ;; nodes are slots (`records.wat`): number of pages, the next node, address of the run.

  ;; Number of pages that are not the guest's own: those of the heap and of the fake stack.
  (global $heap_pages (export "heap_pages") (mut i32) (i32.const 0))
  ;; Bytes that the guest may have: its own pages, and live blocks. Unsigned; -1: no limit.
  (global $heap_limit (export "heap_limit") (mut i32) (i32.const -1))
  ;; Bytes of live blocks, each rounded up to 16, plus 16.
  (global $heap_live (export "heap_live") (mut i32) (i32.const 0))
  ;; Most bytes that the guest ever had in that sense, if there is a limit.
  (global $memory_peak (export "memory_peak") (mut i64) (i64.const 0))

  ;; Pages that the heap has from the start and that were never taken, all of them poisoned: where they begin, and how
  ;; many there are.
  (global $spare (export "spare") (mut i32) (i32.const 0))
  (global $spare_pages (export "spare_pages") (mut i32) (i32.const 0))
  ;; The node of the first free run.
  (global $free_pages (mut i32) (i32.const 0))
  ;; Whether the pages that were taken last are new, so that they are zero and nothing poisons them.
  (global $pages_are_new (mut i32) (i32.const 0))
  ;; How many `take_some_pages` took last.
  (global $pages_taken (mut i32) (i32.const 0))

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
    (local $at i32)
    (local.set $at (call $used_pages (local.get $pages)))
    (if (local.get $at)
      (then (return (local.get $at))))
    (call $new_pages (local.get $pages)))

  ;; A run of at least one page, `pages_taken` of them, from which chunks are cut; gives its address, or 0 if
  ;; there is no memory. To grow costs the host some system calls, so a larger heap grows by more at once: a
  ;; quarter of what there is, at most 1 MiB.
  (func $take_some_pages (result i32)
    (local $at i32) (local $records i32)
    (global.set $pages_taken (i32.const 1))
    (if (i32.eqz (global.get $free_pages))
      (then
        (global.set $pages_taken
          (i32.add
            (i32.shr_u (i32.sub (global.get $heap_pages) (global.get $spare_pages)) (i32.const 2))
            (i32.const 1)))
        (if (i32.gt_u (global.get $pages_taken) (i32.const 16))
          (then (global.set $pages_taken (i32.const 16))))))
    (loop $less
      (local.set $records (call $take_records (global.get $pages_taken)))
      (if (local.get $records)
        (then
          (local.set $at (call $take_pages (global.get $pages_taken)))
          (if (local.get $at)
            (then
              (call $enter_records
                (local.get $at) (global.get $pages_taken) (local.get $records))
              (return (local.get $at))))
          (call $give_records (local.get $records) (global.get $pages_taken))))
      (if (i32.gt_u (global.get $pages_taken) (i32.const 1))
        (then
          (global.set $pages_taken (i32.const 1))
          (br $less))))
    (i32.const 0))

  ;; A run of pages that were the heap's before; gives its address, or 0 if there is none.
  (func $used_pages (param $pages i32) (result i32)
    (local $before i32) (local $node i32) (local $has i32) (local $at i32)
    (local.set $node (global.get $free_pages))
    (block $none
      (loop $runs
        (br_if $none (i32.eqz (local.get $node)))
        (local.set $has (i32.load $heap (local.get $node)))
        (if (i32.ge_u (local.get $has) (local.get $pages))
          (then
            (global.set $pages_are_new (i32.const 0))
            (local.set $at (i32.load $heap offset=8 (local.get $node)))
            (if (i32.eq (local.get $has) (local.get $pages))
              (then
                (call $link_pages
                  (local.get $before) (i32.load $heap offset=4 (local.get $node)))
                (call $give_slot (local.get $node))
                (return (local.get $at))))
            ;; The end of the run, so that the list stays as it is.
            (local.set $has (i32.sub (local.get $has) (local.get $pages)))
            (i32.store $heap (local.get $node) (local.get $has))
            (return (i32.add (local.get $at) (i32.shl (local.get $has) (i32.const 16))))))
        (local.set $before (local.get $node))
        (local.set $node (i32.load $heap offset=4 (local.get $node)))
        (br $runs)))
    (i32.const 0))

  ;; A run of pages that were nobody's; gives its address, or 0 if there is no memory.
  (func $new_pages (param $pages i32) (result i32)
    (local $at i32) (local $end i32)
    (if (i32.le_u (local.get $pages) (global.get $spare_pages))
      (then
        (local.set $at (global.get $spare))
        (local.set $end
          (i32.add (local.get $at) (i32.shl (local.get $pages) (i32.const 16))))
        (if (i32.eqz (call $has_entries (local.get $end)))
          (then (return (i32.const 0))))
        (memory.fill $shadow
          (i32.shr_u (local.get $at) (i32.const 3))
          (i32.const 0)
          (i32.shl (local.get $pages) (i32.const 13)))
        (global.set $spare (local.get $end))
        (global.set $spare_pages (i32.sub (global.get $spare_pages) (local.get $pages)))
        (global.set $pages_are_new (i32.const 1))
        (return (local.get $at))))
    ;; Behind the end of the memory.
    ;; Pages that have no place in the table of records are no memory.
    (if (i32.eqz
          (call $has_entries
            (i32.shl (i32.add (memory.size $guest) (local.get $pages)) (i32.const 16))))
      (then (return (i32.const 0))))
    (local.set $at (call $extend (local.get $pages)))
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

  ;; Takes a run back, all of it poisoned. A slot was given back just before, so there is one.
  (func $give_pages (param $at i32) (param $pages i32)
    (local $before i32) (local $next i32) (local $node i32)
    (local.set $next (global.get $free_pages))
    (block $found
      (loop $runs
        (br_if $found (i32.eqz (local.get $next)))
        (br_if $found
          (i32.gt_u (i32.load $heap offset=8 (local.get $next)) (local.get $at)))
        (local.set $before (local.get $next))
        (local.set $next (i32.load $heap offset=4 (local.get $next)))
        (br $runs)))
    ;; Merge with the run behind.
    (if (local.get $next)
      (then
        (if (i32.eq
              (i32.load $heap offset=8 (local.get $next))
              (i32.add (local.get $at) (i32.shl (local.get $pages) (i32.const 16))))
          (then
            (local.set $pages
              (i32.add (local.get $pages) (i32.load $heap (local.get $next))))
            (local.set $node (local.get $next))
            (local.set $next (i32.load $heap offset=4 (local.get $node)))
            (call $give_slot (local.get $node))))))
    ;; Merge with the run before.
    (if (local.get $before)
      (then
        (if (i32.eq
              (local.get $at)
              (i32.add
                (i32.load $heap offset=8 (local.get $before))
                (i32.shl (i32.load $heap (local.get $before)) (i32.const 16))))
          (then
            (i32.store $heap (local.get $before)
              (i32.add (i32.load $heap (local.get $before)) (local.get $pages)))
            (i32.store $heap offset=4 (local.get $before) (local.get $next))
            (return)))))
    (local.set $node (call $take_slot))
    (i32.store $heap (local.get $node) (local.get $pages))
    (i32.store $heap offset=4 (local.get $node) (local.get $next))
    (i32.store $heap offset=8 (local.get $node) (local.get $at))
    (call $link_pages (local.get $before) (local.get $node)))
