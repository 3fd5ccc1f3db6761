package ec2

import (
	"cmp"
	"strings"

	"mlops-infra-suite/internal/sandbox/wire"
)

// zoneLetters are the availability zones of every region. (Assumed: regions have
// two to six.)
const zoneLetters = "abc"

// Zones are the names of the availability zones of the call's region.
func Zones(call *wire.Call) []string {
	var zones []string
	for _, letter := range zoneLetters {
		zones = append(zones, call.Region+string(letter))
	}
	return zones
}

// zoneOf wants a zone of the call's region, by name or ID; without either it is
// the first. (Reported wording.)
func zoneOf(call *wire.Call, name, id string) (string, error) {
	zones := Zones(call)
	switch {
	case name != "" && id != "":
		return "", wire.Errorf("InvalidParameterCombination",
			"The parameter availabilityZone cannot be used with the parameter availabilityZoneId")
	case name == "" && id == "":
		return zones[0], nil
	}
	for _, zone := range zones {
		if zone == name || zoneID(zone) == id {
			return zone, nil
		}
	}
	return "", invalidValue("Value (%s) for parameter availabilityZone is invalid. Subnets can currently only be created "+
		"in the following availability zones: %s.", cmp.Or(name, id), strings.Join(zones, ", "))
}

// zoneID is the name of a zone that means the same for every account: usw2-az1 of
// us-west-2a. (Assumed: letters and numbers go together; AWS shuffles them for
// each account.)
func zoneID(zone string) string {
	region, letter := zone[:len(zone)-1], zone[len(zone)-1]
	short := strings.NewReplacer(
		"northeast", "ne", "northwest", "nw", "southeast", "se", "southwest", "sw",
		"north", "n", "south", "s", "east", "e", "west", "w", "central", "c", "gov", "g", "-", "",
	).Replace(region)
	return short + "-az" + string('1'+letter-'a')
}
