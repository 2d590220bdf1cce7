package main

import (
	"fmt"
	"os"

	"github.com/urfave/cli/v2"

	"github.com/airlift-eas/airlift/sinks/archive"
)

func identityFlag() cli.Flag {
	return listFlag("identity", "open what is encrypted with the keys in `FILE`, as age-keygen or ssh-keygen write it (repeatable)")
}

// encryption makes the archive's options from the flags. A verb that lacks one of them has nothing of it.
func encryption(ctx *cli.Context) (o archive.Options, err error) {
	o.Recipients = ctx.StringSlice("encrypt-to")
	for _, file := range ctx.StringSlice("identity") {
		f, err := os.Open(file)
		if err != nil {
			return o, usage(fmt.Sprintf("--identity: %v", err), "")
		}
		keys, err := archive.ParseIdentities(f)
		if cerr := f.Close(); err == nil {
			err = cerr
		}
		if err != nil {
			return o, usage(fmt.Sprintf("--identity: %s: %v", file, err), "")
		}
		o.Identities = append(o.Identities, keys...)
	}
	return o, nil
}
