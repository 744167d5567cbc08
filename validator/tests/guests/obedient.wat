;; Does what its content says: the first letter of a content, and of an event, is an order. So one
;; interpreter shows every outcome that content can have.
;;
;; A content of 1,313 bytes gets no buffer. A configuration whose first key begins with `r` is refused.
(module
  (import "proofhouse" "message" (func $message (param i32 i32 i32)))
  (import "proofhouse" "emit" (func $emit (param i32 i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (import "wasi_snapshot_preview1" "sock_shutdown"
    (func $sock_shutdown (param i32 i32) (result i32)))
  (memory (export "memory") 2)
  ;; Texts end in a zero byte; buffers begin after them.
  (global $end (mut i32) (i32.const 4096))

  (data (i32.const 64) "2:7: unknown word `frobnicate`\00")
  (data (i32.const 128) "section \1b[2Jcolours\tis closed twice\nopened by \e2\80\aegnorw\00")
  (data (i32.const 256) "1:1: no order\00")
  (data (i32.const 320) "the clock of the event runs backwards\00")
  (data (i32.const 384) "unknown key\00")
  (data (i32.const 448) "instance 7\00")
  (data (i32.const 512) "loaded\00")
  (data (i32.const 576) "\ff\fe\01\00")
  (data (i32.const 640) "9007199254740993:1: far away\00")
  (data (i32.const 1024) "{\"schema\":\"proofhouse.describe/1\",\"name\":\"obedient\",\"version\":\"1.2\",\"content\":[{\"kind\":\"orders/1\",\"patterns\":[\"*.order\"]}]}\00")

  (func $length (param $text i32) (result i32)
    (local $at i32)
    (local.set $at (local.get $text))
    (block $done
      (loop $next
        (br_if $done (i32.eqz (i32.load8_u (local.get $at))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $next)))
    (i32.sub (local.get $at) (local.get $text)))
  (func $say (param $text i32)
    (call $message (i32.const 0) (local.get $text) (call $length (local.get $text))))
  (func $record (param $text i32)
    (call $emit (local.get $text) (call $length (local.get $text))))
  (func $order (param $at i32) (param $size i32) (param $letter i32) (result i32)
    (i32.and
      (i32.ne (local.get $size) (i32.const 0))
      (i32.eq (i32.load8_u (local.get $at)) (local.get $letter))))

  (func $abi_version (export "proofhouse_abi_version") (result i32) (i32.const 1))
  (func $describe (export "proofhouse_describe") (result i64)
    (i64.or
      (i64.shl (i64.const 1024) (i64.const 32))
      (i64.extend_i32_u (call $length (i32.const 1024)))))
  (func $alloc (export "proofhouse_alloc") (param $size i32) (result i32)
    (local $buffer i32)
    (if (i32.eq (local.get $size) (i32.const 1313)) (then (return (i32.const 0))))
    (local.set $buffer (global.get $end))
    (global.set $end
      (i32.and
        (i32.add (i32.add (local.get $buffer) (local.get $size)) (i32.const 7))
        (i32.const -8)))
    (loop $grow
      (if (i32.gt_u (global.get $end) (i32.mul (memory.size) (i32.const 65536)))
        (then
          (if (i32.eq (memory.grow (i32.const 1)) (i32.const -1)) (then (return (i32.const 0))))
          (br $grow))))
    (local.get $buffer))
  (func $configure (export "proofhouse_configure") (param $at i32) (param $size i32) (result i32)
    (if (i32.eq (i32.load8_u offset=2 (local.get $at)) (i32.const 114)) ;; {"r
      (then (call $say (i32.const 384)) (return (i32.const 1))))
    (i32.const 0))

  (func $parse (param $letter i32) (call $parse_section (local.get $letter)))
  (func $parse_section (param $letter i32) (call $parse_word (local.get $letter)))
  (func $parse_word (param $letter i32)
    (if (i32.eq (local.get $letter) (i32.const 116)) (then (unreachable)))
    (if (i32.eq (local.get $letter) (i32.const 111))
      (then (drop (i32.load (i32.const -8)))))
    (if (i32.eq (local.get $letter) (i32.const 100))
      (then (drop (i32.div_u (local.get $letter) (i32.const 0)))))
    (loop $for_ever (br $for_ever)))
  (func $nest (param $depth i32) (result i32)
    (i32.add (i32.const 1) (call $nest (i32.add (local.get $depth) (i32.const 1)))))

  (func $load (export "proofhouse_load") (param $at i32) (param $size i32) (result i32)
    (if (i32.eqz (local.get $size)) (then (call $say (i32.const 256)) (return (i32.const 2))))
    (if (call $order (local.get $at) (local.get $size) (i32.const 97)) ;; accept
      (then (return (i32.const 0))))
    (if (call $order (local.get $at) (local.get $size) (i32.const 114)) ;; refuse, and say where
      (then (call $say (i32.const 64)) (return (i32.const 3))))
    (if (call $order (local.get $at) (local.get $size) (i32.const 113)) ;; quietly refuse
      (then (return (i32.const 4))))
    (if (call $order (local.get $at) (local.get $size) (i32.const 112)) ;; paint: refuse in colours
      (then (call $say (i32.const 128)) (return (i32.const 5))))
    (if (call $order (local.get $at) (local.get $size) (i32.const 98)) ;; beyond: a line of 2^53 + 1
      (then (call $say (i32.const 640)) (return (i32.const 6))))
    (if (call $order (local.get $at) (local.get $size) (i32.const 101)) ;; emit
      (then
        (call $record (i32.const 512))
        (call $record (i32.const 576))
        (return (i32.const 0))))
    (if (call $order (local.get $at) (local.get $size) (i32.const 110)) ;; network
      (then (return (i32.mul (call $sock_shutdown (i32.const 3) (i32.const 0)) (i32.const 0)))))
    (if (call $order (local.get $at) (local.get $size) (i32.const 109)) ;; memory
      (then (loop $more (drop (memory.grow (i32.const 16))) (br $more))))
    (if (call $order (local.get $at) (local.get $size) (i32.const 115)) ;; stack
      (then (return (call $nest (i32.const 0)))))
    (if (call $order (local.get $at) (local.get $size) (i32.const 102)) ;; flood
      (then (loop $more (call $record (i32.const 512)) (br $more))))
    (if (call $order (local.get $at) (local.get $size) (i32.const 119)) ;; wild
      (then (call $emit (i32.const -16) (i32.const 64))))
    (if (call $order (local.get $at) (local.get $size) (i32.const 107)) ;; kill: exit
      (then (call $proc_exit (i32.const 7))))
    ;; trap, overrun, divide; anything else loops
    (call $parse (i32.load8_u (local.get $at)))
    (i32.const 0))

  (func $evaluate (export "proofhouse_evaluate") (param $at i32) (param $size i32) (result i32)
    (if (call $order (local.get $at) (local.get $size) (i32.const 109)) ;; match
      (then (call $record (i32.const 448)) (return (i32.const 1))))
    (if (call $order (local.get $at) (local.get $size) (i32.const 98)) ;; bytes
      (then (call $record (i32.const 576)) (return (i32.const 2))))
    (if (call $order (local.get $at) (local.get $size) (i32.const 101)) ;; error
      (then (call $say (i32.const 320)) (return (i32.const -7))))
    (if (call $order (local.get $at) (local.get $size) (i32.const 116)) ;; trap
      (then (call $parse (i32.const 116))))
    (i32.const 0)))
