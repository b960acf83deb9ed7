package penstock.lib.quantities_test

import data.penstock.lib.quantities

test_number[value] if {
	some value, want in {
		"1": 1, "0.5": 0.5, "100m": 0.1, "1k": 1000, "1Ki": 1024, "1.5Gi": 1610612736, "2M": 2000000, "1e3": 1000, "0": 0,
	}
	quantities.number(value) == want
}

test_number_of_a_number if quantities.number(2) == 2

test_no_quantity[value] if {
	some value in ["", "lots", "1 Gi", "1GB", "-", "1.", ".5", "1gi", null, true, [], {}, "1e999"]
	not quantities.number(value)
}

test_share if {
	quantities.share(2, 10) == 2
	quantities.share("25%", 8) == 2
	not quantities.share("2", 10)
	not quantities.share(null, 10)
}
