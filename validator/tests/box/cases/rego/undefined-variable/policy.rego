package a

import rego.v1

allow if nothing == 1
