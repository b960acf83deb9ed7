// Package manifest is the Kubernetes object as every stage sees it: what it is
// (identity), what it says (fields), and where that was written (positions and
// origin). It reads YAML streams with positions and keeps sorted, duplicate-free
// sets of objects. It does not render, compare or judge.
package manifest
