  ;; Where the heap's records lie.
  ;;
  ;; Pages of the guest's memory from which chunks are cut have a page of records each: 16 bytes before a
  ;; block is as far into its page as the block's record is into that, but for a multiple of 32. What has
  ;; pages of its own has a *slot* of 32 bytes instead, so that a long block costs no more records than a
  ;; short one. A table says for each page of the guest's memory, from the heap's first one on, which it is:
  ;;
  ;; | entry | meaning |
  ;; |---|---|
  ;; | 0 | no block begins there |
  ;; | `records + 1` | chunks are cut from it; its page of records is there |
  ;; | `slot` | a block with pages of its own begins 16 bytes behind an address in it |
  ;;
  ;; | from | first page of the records |
  ;; |---|---|
  ;; | 0 | of each class, four bytes: the record of a block to be used again. Class 0 has none, so that 0 is where no record is |
  ;; | 4 | where the whole table is, once more pages have entries than fit here. No chunk is so short as class 1 |
  ;; | 512 | the table's entries of the first 768 pages. That of the first is not used |
  ;; | 3584 | slots |
  ;; | 4096 | records of the heap's first page, from which no chunk begins before |

  ;; End of the pages of records that are in use.
  (global $records_end (mut i32) (i32.const 65536))
  ;; Slots that were never used: the first, and the end of them.
  (global $slots (mut i32) (i32.const 3584))
  (global $slots_end (mut i32) (i32.const 4096))
  ;; The first slot that can be used again; each has the next one in its first word.
  (global $free_slots (mut i32) (i32.const 0))

  ;; Where the record of the block at `address` is, if a block begins there; 0 if none can.
  (func $record (param $address i32) (result i32)
    (local $at i32) (local $entry i32)
    ;; Lower addresses than the heap's wrap.
    (local.set $at
      (i32.sub (i32.sub (local.get $address) (i32.const 16)) (global.get $heap_base)))
    (if (i32.lt_u (local.get $at) (i32.const 65536))
      (then (return (i32.and (local.get $at) (i32.const 0xffe0)))))
    (local.set $entry (call $entry (i32.shr_u (local.get $at) (i32.const 16))))
    (if (i32.eqz (local.get $entry))
      (then (return (i32.const 0))))
    (local.set $entry (i32.load $heap (local.get $entry)))
    (if (i32.and (local.get $entry) (i32.const 1))
      (then
        (return
          (i32.add
            (i32.sub (local.get $entry) (i32.const 1))
            (i32.and (local.get $at) (i32.const 0xffe0))))))
    (local.get $entry))

  ;; Where the table's entry of a page is; 0 if there is none.
  (func $entry (param $page i32) (result i32)
    (local $table i32)
    (if (i32.lt_u (local.get $page) (i32.const 768))
      (then
        (return (i32.add (i32.const 512) (i32.shl (local.get $page) (i32.const 2))))))
    (local.set $table (i32.load $heap (i32.const 4)))
    (if (i32.and
          (i32.ne (local.get $table) (i32.const 0))
          (i32.lt_u (local.get $page) (i32.const 16384)))
      (then
        (return (i32.add (local.get $table) (i32.shl (local.get $page) (i32.const 2))))))
    (i32.const 0))

  ;; Sees that all pages before the address have entries; says whether they do.
  (func $has_entries (param $end i32) (result i32)
    (local $pages i32) (local $table i32)
    (local.set $pages
      (i32.shr_u (i32.sub (local.get $end) (global.get $heap_base)) (i32.const 16)))
    (if (i32.gt_u (local.get $pages) (i32.const 16384))
      (then (return (i32.const 0))))
    (if (i32.or
          (i32.le_u (local.get $pages) (i32.const 768))
          (i32.load $heap (i32.const 4)))
      (then (return (i32.const 1))))
    (local.set $table (call $take_records (i32.const 1)))
    (i32.store $heap (i32.const 4) (local.get $table))
    (i32.ne (local.get $table) (i32.const 0)))

  ;; Zero pages for records; gives their address, or 0 if there is no memory.
  (func $take_records (param $pages i32) (result i32)
    (local $at i32) (local $missing i32)
    (local.set $at (global.get $records_end))
    (local.set $missing
      (i32.sub
        (i32.add (i32.shr_u (local.get $at) (i32.const 16)) (local.get $pages))
        (memory.size $heap)))
    (if (i32.gt_s (local.get $missing) (i32.const 0))
      (then
        (if (i32.eq (memory.grow $heap (local.get $missing)) (i32.const -1))
          (then (return (i32.const 0))))))
    (global.set $records_end
      (i32.add (local.get $at) (i32.shl (local.get $pages) (i32.const 16))))
    (local.get $at))

  ;; Gives pages back that were not used, unless others were taken since: the table may have been.
  (func $give_records (param $at i32) (param $pages i32)
    (if (i32.eq
          (global.get $records_end)
          (i32.add (local.get $at) (i32.shl (local.get $pages) (i32.const 16))))
      (then (global.set $records_end (local.get $at)))))

  ;; Chunks are cut from so many pages at `at` from now on, and these are their records.
  (func $enter_records (param $at i32) (param $pages i32) (param $records i32)
    (local $page i32)
    (local.set $page
      (i32.shr_u (i32.sub (local.get $at) (global.get $heap_base)) (i32.const 16)))
    (loop $next
      (i32.store $heap
        (call $entry (local.get $page))
        (i32.or (local.get $records) (i32.const 1)))
      (local.set $records (i32.add (local.get $records) (i32.const 65536)))
      (local.set $page (i32.add (local.get $page) (i32.const 1)))
      (local.set $pages (i32.sub (local.get $pages) (i32.const 1)))
      (br_if $next (local.get $pages))))

  ;; The record of the block at `address`, which has pages of its own, is this slot; 0: none any longer.
  (func $enter_slot (param $address i32) (param $slot i32)
    (i32.store $heap
      (call $entry
        (i32.shr_u
          (i32.sub (i32.sub (local.get $address) (i32.const 16)) (global.get $heap_base))
          (i32.const 16)))
      (local.get $slot)))

  ;; A slot; 0 if there is no memory.
  (func $take_slot (result i32)
    (local $slot i32)
    (local.set $slot (global.get $free_slots))
    (if (local.get $slot)
      (then
        (global.set $free_slots (i32.load $heap (local.get $slot)))
        (return (local.get $slot))))
    (if (i32.eq (global.get $slots) (global.get $slots_end))
      (then
        (local.set $slot (call $take_records (i32.const 1)))
        (if (i32.eqz (local.get $slot))
          (then (return (i32.const 0))))
        (global.set $slots (local.get $slot))
        (global.set $slots_end (i32.add (local.get $slot) (i32.const 65536)))))
    (local.set $slot (global.get $slots))
    (global.set $slots (i32.add (local.get $slot) (i32.const 32)))
    (local.get $slot))

  ;; Takes a slot back; nothing if it is 0.
  (func $give_slot (param $slot i32)
    (if (local.get $slot)
      (then
        (i32.store $heap (local.get $slot) (global.get $free_slots))
        (global.set $free_slots (local.get $slot)))))
