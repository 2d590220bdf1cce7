package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"golang.org/x/term"
)

// passwordTimeout is how long a password command may take; somebody may have to unlock a key store meanwhile.
const passwordTimeout = time.Minute

// maxPassword bounds what is read of a file or command, in bytes.
const maxPassword = 64 << 10

// passwordSource says where a password is; at most one field is set.
type passwordSource struct {
	file    string
	command string
	env     string // name of a variable
}

func (s passwordSource) check() error {
	n := 0
	for _, v := range []string{s.file, s.command, s.env} {
		if v != "" {
			n++
		}
	}
	if n > 1 {
		return errors.New("more than one source of the password")
	}
	return nil
}

// passwordVariable holds the password of mailboxes that name no other source.
const passwordVariable = "AIRLIFT_PASSWORD"

// named tells whether somebody named the source for this mailbox; the variable may be there for others.
func (s passwordSource) named() bool {
	return s != (passwordSource{}) && s != (passwordSource{env: passwordVariable})
}

// read returns the password; "" when the source is empty.
func (s passwordSource) read(ctx context.Context, c *console) (string, error) {
	switch {
	case s.file != "":
		return passwordFromFile(s.file, c)
	case s.command != "":
		return passwordFromCommand(ctx, s.command, c)
	case s.env != "":
		p := os.Getenv(s.env)
		if p == "" {
			return "", usage(fmt.Sprintf("password: the variable %s is not set", s.env), "")
		}
		return p, nil
	}
	return "", nil
}

func passwordFromFile(file string, c *console) (string, error) {
	info, err := os.Stat(file)
	if err != nil {
		return "", usage("password: "+err.Error(), "")
	}
	if info.Size() > maxPassword {
		return "", usage(fmt.Sprintf("password: %s: larger than %d bytes", file, maxPassword), "")
	}
	warnReadable(c, "password", file)
	b, err := os.ReadFile(file)
	if err != nil {
		return "", usage("password: "+err.Error(), "")
	}
	return firstLine(b, file)
}

// passwordFromCommand runs a command in the shell; what it says on standard error is passed on.
func passwordFromCommand(ctx context.Context, command string, c *console) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, passwordTimeout)
	defer cancel()
	shell := []string{"sh", "-c", command}
	if runtime.GOOS == "windows" {
		shell = []string{"cmd", "/c", command}
	}
	cmd := exec.CommandContext(ctx, shell[0], shell[1:]...)
	// A child of the shell may outlive it and keep the pipe open.
	cmd.WaitDelay = time.Second
	cmd.Stdin, cmd.Stderr = c.in, c.err
	out, err := cmd.Output()
	if ctx.Err() != nil {
		err = fmt.Errorf("no answer for %s", passwordTimeout)
	}
	if err != nil {
		return "", fmt.Errorf("password command: %w", err)
	}
	return firstLine(out, "the password command")
}

// firstLine is the password without the line end that editors and commands put behind it.
func firstLine(b []byte, from string) (string, error) {
	line, rest, _ := bytes.Cut(b, []byte("\n"))
	p := strings.TrimSuffix(string(line), "\r")
	if p == "" {
		return "", usage(fmt.Sprintf("password: %s holds none", from), "the password is its first line")
	}
	if len(bytes.TrimSpace(rest)) > 0 {
		return "", usage(fmt.Sprintf("password: %s holds more than one line", from), "the password is its only line")
	}
	return p, nil
}

// askPassword asks on the terminal, without echo.
func askPassword(c *console, user string) (string, error) {
	if c.in == nil || !term.IsTerminal(int(c.in.Fd())) {
		return "", usage("no password for "+user, hintPassword)
	}
	fmt.Fprintf(c.err, "Password of %s: ", user)
	b, err := term.ReadPassword(int(c.in.Fd()))
	fmt.Fprintln(c.err)
	if err != nil {
		return "", fmt.Errorf("password: %w", err)
	}
	if len(b) == 0 {
		return "", usage("no password for "+user, hintPassword)
	}
	return string(b), nil
}
