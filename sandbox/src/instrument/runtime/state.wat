  ;; What the runtime keeps. Imports come first in the text format, so this file does too.

  ;; The guest's own memory.
  (import "guest" "memory" (memory $guest 0))

  ;; One byte for every eight of the guest's: 512 MiB cover every 32-bit address. Almost all of it is
  ;; never touched. It does not grow, so that only the guest's own memory ever does.
  (memory $shadow (export "shadow") 8192 8192)

  ;; The address operand of the last access that did not lie in ordinary memory. If the run then ends with
  ;; an `unreachable` trap at a memory instruction, it is that of the violation.
  (global $suspect (export "suspect") (mut i32) (i32.const 0))
  ;; Of a bulk instruction also the number of bytes, and 1 if the operand is its source, 2 if it is its
  ;; destination.
  (global $suspect_length (export "suspect_length") (mut i32) (i32.const 0))
  (global $suspect_operand (export "suspect_operand") (mut i32) (i32.const 0))
