package k8s.labels

import rego.v1

violation contains msg if {
	some name in input.required
	not input.labels[name]
	msg := sprintf("label %v is missing", [name])
}
