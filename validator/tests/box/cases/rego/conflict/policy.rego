package a

import rego.v1

allow := input.x

allow := input.y
