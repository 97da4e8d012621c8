// Images that go with the next message: chosen, pasted or dropped. Each is posted at once, so that what cannot be taken is told before
// the message is sent.
import { ImagePlus, X } from 'lucide-react';
import { useRef, useState, type ReactNode } from 'react';
import { post_image, type Id, type Image } from '../api';
import { use_t } from '../i18n';
import { IconButton } from '../ui/kit';
import { toast_error } from '../ui/toast';

const types = ['image/png', 'image/jpeg', 'image/webp', 'image/gif'];
const images_max = 10;  // of a message

export interface Attachments { ids: Id[]; add: (files: Iterable<File>) => void; clear: () => void; button: ReactNode; strip: ReactNode }

/** The images among the files that a person pastes or drops. */
export const images_among = (files: Iterable<File>): File[] => [...files].filter((file) => types.includes(file.type));

export function use_attachments(chat_id: Id): Attachments {
  const { t } = use_t();
  const [images, set_images] = useState<Image[]>([]);
  const chooser = useRef<HTMLInputElement>(null);
  const add = async (files: Iterable<File>) => {
    for (const file of files) {
      try {
        const image = await post_image(chat_id, file);
        set_images((all) => (all.some((one) => one.id === image.id) ? all : [...all, image].slice(0, images_max)));
      } catch (cause) {
        toast_error(cause);
      }
    }
  };
  const remove = (id: Id) => set_images((all) => all.filter((one) => one.id !== id));
  return {
    ids: images.map((image) => image.id),
    add: (files) => void add(files),
    clear: () => set_images([]),
    button: (
      <>
        <IconButton name={t('image_add')} side="top" disabled={images.length >= images_max} onClick={() => chooser.current?.click()}><ImagePlus /></IconButton>
        <input ref={chooser} type="file" accept={types.join(',')} multiple hidden onChange={(event) => { void add([...(event.target.files ?? [])]); event.target.value = ''; }} />
      </>
    ),
    strip: images.length > 0 && (
      <ul className="flex flex-wrap gap-2 px-3 pt-3">
        {images.map((image, index) => (
          <li key={image.id} className="relative">
            <img src={`/api/v1/images/${image.id}`} alt={`${t('image')} ${index + 1}`} className="size-16 rounded-lg border border-line object-cover" />
            <button type="button" aria-label={`${t('image_remove')} ${index + 1}`} onClick={() => remove(image.id)} className="absolute -right-2 -top-2 grid size-6 place-items-center rounded-full border border-line bg-raised shadow-card hover:bg-hover"><X className="size-3.5" aria-hidden /></button>
          </li>
        ))}
      </ul>
    ),
  };
}
