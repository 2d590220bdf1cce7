// Package adopttest holds what a host without an identity adopts of an encrypted archive against what one with an identity
// does: package archive and package migrate together.
package adopttest
