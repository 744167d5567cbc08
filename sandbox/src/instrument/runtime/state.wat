  ;; What the runtime keeps. Imports come first in the text format, so this file does too.

  ;; The guest's own memory.
  (import "guest" "memory" (memory $guest 0))

  ;; One byte for every eight of the guest's: 512 MiB cover every 32-bit address. Almost all of it is
  ;; never touched. It does not grow, so that only the guest's own memory ever does.
  (memory $shadow (export "shadow") 8192 8192)

  ;; The violation that ended the run, 0 as long as there is none: the offset of the instruction in the
  ;; original module in the upper half, its address operand in the lower one. Inlined checks write it.
  (global $violation (export "violation") (mut i64) (i64.const 0))
  ;; For a bulk instruction: the number of bytes, and 1 if the address is that of its source, 2 if it is
  ;; that of its destination. For all others 0.
  (global $violation_length (export "violation_length") (mut i64) (i64.const 0))
  (global $violation_operand (export "violation_operand") (mut i64) (i64.const 0))
