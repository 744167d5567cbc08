package a

import rego.v1

allow if deny

deny if allow
