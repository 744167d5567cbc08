package a

import rego.v1

allow if { "ééééé"; nothing }
