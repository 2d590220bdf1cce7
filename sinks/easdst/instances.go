package easdst

import (
	"context"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/item"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

// sendInstances sends the exceptions of events, which from 16.0 on are commands of their own once the event has an id. One that is
// refused is named by reading back.
func (c *collection) sendInstances(ctx context.Context, all []*outgoing) error {
	for _, o := range all {
		if o.id == "" || len(o.instances) == 0 {
			continue
		}
		if err := c.changeInstances(ctx, o.id, o.instances); err != nil {
			if !broken(err) {
				return err
			}
			o.alter(wbxml.CalendarExceptions.String(), "", err.Error())
		}
	}
	return nil
}

// changeInstances makes occurrences what they should be. They may be so already.
func (c *collection) changeInstances(ctx context.Context, id eas.ServerID, instances []item.Instance) error {
	commands := make([]eas.ClientCommand, len(instances))
	for i, x := range instances {
		commands[i] = eas.ClientCommand{Op: eas.OpDelete, ServerID: id, InstanceID: x.ID}
		if x.Properties != nil {
			commands[i].Op, commands[i].Item = eas.OpChange, x.Properties
		}
	}
	_, err := c.command(ctx, commands)
	return err
}
