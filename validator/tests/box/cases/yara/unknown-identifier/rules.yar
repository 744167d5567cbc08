rule a {
  condition: tru
}
