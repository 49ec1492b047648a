"""The only entrance for outside text: it becomes storable text and typed values, or a reason why not."""
