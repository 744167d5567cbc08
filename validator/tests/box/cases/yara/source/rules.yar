rule seen { strings: $a = "needle" condition: $a }
