package a

allow if {
  input.x ==
}
