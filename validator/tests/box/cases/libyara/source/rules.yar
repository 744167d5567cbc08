import "hash"
import "pe"
import "math"

private rule small { condition: filesize < 100 }

rule needle { strings: $a = "needle" nocase condition: $a and small }

rule digits { strings: $a = /ne+dle[0-9]{2}/ condition: #a == 2 }

rule abc { condition: hash.md5(0, filesize) == "900150983cd24fb0d6963f7d28e17f72" and
  hash.sha1(0, 3) == "a9993e364706816aba3e25717850c26c9cd0d89d" and
  hash.sha256(0, 3) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" }

rule flat { condition: math.entropy(0, filesize) == 0.0 and not pe.is_pe }
