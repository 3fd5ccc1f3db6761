// Package yamldoc reads YAML files that people write by hand and finds everything wrong with them at once: it accepts one
// document of bounded size and depth, without duplicate keys, and reports each problem with file, line and column.
//
// A document that has problems can still be walked: what is broken reads as absent, and Map.Sound tells whether a part of
// it may be judged further without repeating what was reported already.
package yamldoc
