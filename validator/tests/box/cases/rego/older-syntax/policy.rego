package web

deny[msg] {
  input.method == "DELETE"
  msg := "no deletes"
}

allow {
  input.method == "GET"
}
