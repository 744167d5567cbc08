import "pe"
rule a { condition: pe.number_of_signatures > 0 }
