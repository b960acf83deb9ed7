// Package internal holds what is Penstock's own. It has no code itself: its
// tests prove the layers of docs/architecture.md over the whole module.
package internal
