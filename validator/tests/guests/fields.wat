;; An interpreter of channel files that looks at as many fields of the first instance as an event's first
;; byte says, '0' to '9'. How it gets at them is the channel's number:
;;
;; 1  it reads them where they are
;; 2  it copies the content when it loads it, and reads the copy
;; 3  it loads nothing whose third field is not a range
;; 4  it has its host read them
;; 5  it copies them while it evaluates the event
;; 6  it traps
(module
  (import "proofhouse" "emit" (func $emit (param i32 i32)))
  (memory (export "memory") 4)
  ;; At 16: whether the content has its buffer. At 20: where content is read. At 24: the channel's number.
  (data (i32.const 64) "{\"schema\":\"proofhouse.describe/1\",\"name\":\"fields\",\"version\":\"1\",\"content\":[{\"kind\":\"channel-file/1\",\"patterns\":[\"*.chan\"]}]}")
  (func (export "proofhouse_abi_version") (result i32) (i32.const 1))
  (func (export "proofhouse_describe") (result i64) (i64.const 0x40_0000007c))
  ;; The first buffer is the content's, at 65536; all others are events', at 32768.
  (func $alloc (export "proofhouse_alloc") (param $size i32) (result i32)
    (if (i32.load (i32.const 16)) (then (return (i32.const 32768))))
    (i32.store (i32.const 16) (i32.const 1))
    (i32.const 65536))
  (func $criterion (param $nth i32) (result i32)
    (i32.add
      (i32.add (i32.load (i32.const 20)) (i32.const 48))
      (i32.mul (local.get $nth) (i32.const 24))))
  (func $load (export "proofhouse_load") (param $at i32) (param $size i32) (result i32)
    (local $channel i32)
    (local.set $channel (i32.load offset=8 (local.get $at)))
    (i32.store (i32.const 24) (local.get $channel))
    (i32.store (i32.const 20) (local.get $at))
    (if (i32.eq (local.get $channel) (i32.const 2))
      (then
        (memory.copy (i32.const 131072) (local.get $at) (local.get $size))
        (i32.store (i32.const 20) (i32.const 131072))))
    (i32.and
      (i32.eq (local.get $channel) (i32.const 3))
      (i32.ne (i32.load8_u (call $criterion (i32.const 2))) (i32.const 4))))
  (func $look (param $at i32)
    (local $channel i32)
    (local.set $channel (i32.load (i32.const 24)))
    (if (i32.eq (local.get $channel) (i32.const 6)) (then (unreachable)))
    (if (i32.eq (local.get $channel) (i32.const 4))
      (then (call $emit (local.get $at) (i32.const 24)) (return)))
    (if (i32.eq (local.get $channel) (i32.const 5))
      (then (memory.copy (i32.const 1024) (local.get $at) (i32.const 24)) (return)))
    (drop (i32.load8_u (local.get $at))))
  (func $evaluate (export "proofhouse_evaluate") (param $at i32) (param $size i32) (result i32)
    (local $nth i32)
    (local $most i32)
    (local.set $most (i32.sub (i32.load8_u (local.get $at)) (i32.const 48)))
    (block $done
      (loop $next
        (br_if $done (i32.ge_s (local.get $nth) (local.get $most)))
        (call $look (call $criterion (local.get $nth)))
        (local.set $nth (i32.add (local.get $nth) (i32.const 1)))
        (br $next)))
    (i32.const 0)))
