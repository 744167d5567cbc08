package a

import rego.v1

violation contains msg if {
	some container in input.containers
	msg := sprintf("%v", [contaner])
}
